// SPDX-License-Identifier: Apache-2.0
// banned: capturing a structured binding (clang++-14)
#include <utility>

int add(std::pair<int, int> numbers) {
    const auto& [first, second] = numbers;
    return [&] { return first + second; }();
}
