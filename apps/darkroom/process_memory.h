// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace darkroom::app {

/// Bytes of the line of /proc/self/status with that name, such as "RssAnon:"; 0 where there is
/// none.
double process_memory(std::string_view name);

}  // namespace darkroom::app
