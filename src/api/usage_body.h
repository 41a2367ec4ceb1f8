// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/usage.h"
#include "json/json.h"

/// GET /usage.
namespace darkroom::api {

/// Days since 1970-01-01 of "2026-11-21". Fails with invalid_argument for what is no day after
/// that.
Result<std::int64_t> parse_day(std::string_view text);

/// Reverse of parse_day.
std::string day_text(std::int64_t day);

json::Object usage_body(std::span<const domain::Usage> rows);

/// The same as RFC 4180 text with a line of names.
std::string usage_csv(std::span<const domain::Usage> rows);

}  // namespace darkroom::api
