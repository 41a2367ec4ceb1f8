// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

namespace darkroom {

using fmt::format;

}  // namespace darkroom
