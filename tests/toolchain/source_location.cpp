// SPDX-License-Identifier: Apache-2.0
// banned: std::source_location (clang++-14)
#include <source_location>

unsigned line(std::source_location where = std::source_location::current()) {
    return where.line();
}
