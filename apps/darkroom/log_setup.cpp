// SPDX-License-Identifier: Apache-2.0
#include "log_setup.h"

#include "telemetry/log.h"

namespace darkroom::app {

Result<void> configure_log(const std::string& level, const std::string& format) {
    auto wanted_level = log::level_from(level);
    if (!wanted_level) return wanted_level.error().with_context("--log-level");
    auto wanted_format = log::format_from(format);
    if (!wanted_format) return wanted_format.error().with_context("--log-format");
    log::configure({.level = *wanted_level, .format = *wanted_format});
    return {};
}

}  // namespace darkroom::app
