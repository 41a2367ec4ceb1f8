// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "telemetry/log.h"

namespace darkroom::log {

/// What one log line says; `time_ms` counts from the Unix epoch.
struct Line {
    std::int64_t time_ms = 0;
    Level level = Level::info;
    std::string_view message;
    Fields fields;
};

/// `2026-01-31T08:00:00.250Z info model loaded model="a b" seconds=1.5`, without a line end.
std::string format_text(const Line& line);

/// `{"time":"…","level":"info","message":"model loaded","model":"a b"}`, without a line end.
std::string format_json(const Line& line);

/// The enumerator's spelling.
std::string_view to_string(Level level);

}  // namespace darkroom::log
