// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace darkroom::api {

/// Removes comments: a line that starts with '#' becomes one newline together with those around
/// it; elsewhere '#' up to and including the end of the line becomes a newline (a1111-api.md 2.14).
std::string strip_comments(std::string_view prompt);

}  // namespace darkroom::api
