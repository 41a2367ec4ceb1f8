// SPDX-License-Identifier: Apache-2.0
// banned: std::views (clang++-14)
#include <ranges>
#include <vector>

int sum_of_even(const std::vector<int>& numbers) {
    int sum = 0;
    for (const int number : numbers | std::views::filter([](int n) { return n % 2 == 0; }))
        sum += number;
    return sum;
}
