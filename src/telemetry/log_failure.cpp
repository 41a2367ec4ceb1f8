// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log_failure.h"

namespace darkroom::log {

void failure(Level level, std::string_view what, const Error& error) {
    if (error.code == ErrorCode::cancelled) return;
    write(level, what, {{"reason", error.message}});
}

}  // namespace darkroom::log
