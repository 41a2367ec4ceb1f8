// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "json/json.h"

namespace darkroom::compatibility {

/// Values that a case was given or has saved, by name.
using Variables = std::map<std::string, json::Value>;

/// The value with "${name}" replaced in every string; a string that is nothing else becomes the
/// variable's value. Throws std::runtime_error for a name that is not there.
json::Value substitute(const json::Value& value, const Variables& variables);

/// Holds `actual` against `pattern`: "" when it matches, else where it does not and why.
///
/// An object has at least the members of the pattern, an array exactly its elements, numbers are
/// compared as numbers. A string of the pattern may ask for more than equality:
/// "<any>" whatever is there, "<absent>" no such member, "<string>", "<number>", "<object>",
/// "<array>", "<array N>" (of N elements), "<length N>" (a string of N bytes), "<from A to B>" (a
/// number), "<contains TEXT>", "<matches REGEX>" (the whole string).
std::string mismatch(const json::Value& pattern, const json::Value& actual);

}  // namespace darkroom::compatibility
