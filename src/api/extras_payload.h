// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/extras.h"

namespace darkroom::api {

/// What the row of an extras task holds as its request. Round-trips with decode_extras.
std::string encode_extras(const domain::Extras& extras);

/// Every member must be there with its type and no other. Fails with invalid_argument naming the
/// member.
Result<domain::Extras> decode_extras(std::string_view text);

}  // namespace darkroom::api
