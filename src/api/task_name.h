// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/encoding.h"

namespace darkroom::api {

inline constexpr std::size_t kLongestTaskName = 256;

/// True for what a caller may name a task: it can stand in logs and headers.
inline bool is_task_name(std::string_view name) {
    return name.size() <= kLongestTaskName && is_valid_utf8(name) &&
           std::ranges::none_of(name, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return byte < 0x20 || byte == 0x7F;
           });
}

}  // namespace darkroom::api
