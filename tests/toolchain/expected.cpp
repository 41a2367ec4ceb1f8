// SPDX-License-Identifier: Apache-2.0
// banned: std::expected (g++)
#include <expected>

std::expected<int, char> half(int number) {
    if (number % 2 != 0) return std::unexpected('o');
    return number / 2;
}
