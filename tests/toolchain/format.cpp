// SPDX-License-Identifier: Apache-2.0
// banned: std::format (g++)
#include <format>
#include <string>

std::string greet(int number) {
    return std::format("{}", number);
}
