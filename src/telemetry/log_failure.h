// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/error.h"
#include "telemetry/log.h"

namespace darkroom::log {

/// Says that something failed, with the reason. What was cancelled is not a failure: a server that
/// stops ends what is under way.
void failure(Level level, std::string_view what, const Error& error);

}  // namespace darkroom::log
