// SPDX-License-Identifier: Apache-2.0
#include "process_memory.h"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>

namespace darkroom::app {
namespace {

constexpr double kBytesPerKib = 1024;

}  // namespace

double process_memory(std::string_view name) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(name)) continue;
        const std::size_t digits = line.find_first_of("0123456789");
        if (digits == std::string::npos) return 0;
        std::uint64_t kib = 0;
        std::from_chars(line.data() + digits, line.data() + line.size(), kib);
        return static_cast<double>(kib) * kBytesPerKib;
    }
    return 0;
}

}  // namespace darkroom::app
