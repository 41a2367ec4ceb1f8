// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Text as Python reads and writes it, where A1111's wire format shows it.
namespace darkroom::api {

/// `str(value)` of a float: shortest digits that read back, "7.0", "1e-05", "1e+16", "inf".
std::string python_float(double value);

/// `repr(text)` of a str: single quotes, double when only those avoid an escape.
std::string python_repr(std::string_view text);

/// `int(text)`: white space around, one sign, digits that single underscores may separate.
/// Nothing when Python refuses the text or the number needs more than 64 bits.
std::optional<std::int64_t> parse_python_int(std::string_view text);

/// `float(text)`, "inf" and "nan" included.
std::optional<double> parse_python_float(std::string_view text);

/// `text.lower()` for ASCII.
std::string lower_ascii(std::string_view text);

/// `text.lstrip()`, Unicode spaces included.
std::string_view strip_leading_space(std::string_view text);

}  // namespace darkroom::api
