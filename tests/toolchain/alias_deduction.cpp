// SPDX-License-Identifier: Apache-2.0
// banned: class template argument deduction for aliases (clang++-14)
#include <utility>

template <typename T>
using Twice = std::pair<T, T>;

int sum() {
    const Twice both(1, 2);
    return both.first + both.second;
}
