// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log.h"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/format.h"
#include "telemetry/log_line.h"

namespace darkroom::log {
namespace {

constexpr std::array kLevels = {
    Level::trace, Level::debug, Level::info, Level::warning, Level::error};

/// The one process-wide sink.
struct Sink {
    Sink() : logger("darkroom", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
        logger.set_pattern("%v");
        logger.set_level(spdlog::level::trace);
        logger.flush_on(spdlog::level::trace);
    }

    spdlog::logger logger;
    std::atomic<Level> level{Level::info};
    std::atomic<Format> format{Format::text};
};

Sink& sink() {
    static Sink instance;
    return instance;
}

std::int64_t now_ms() {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

}  // namespace

void configure(const Options& options) {
    sink().level = options.level;
    sink().format = options.format;
}

bool enabled(Level level) {
    return level >= sink().level.load();
}

Result<Level> level_from(std::string_view word) {
    for (const Level level : kLevels) {
        if (to_string(level) == word) return level;
    }
    return Error{
        ErrorCode::invalid_argument,
        darkroom::format("log level must be error, warning, info, debug or trace: {}", word)};
}

Result<Format> format_from(std::string_view word) {
    if (word == "text") return Format::text;
    if (word == "json") return Format::json;
    return Error{
        ErrorCode::invalid_argument, darkroom::format("log format must be text or json: {}", word)};
}

void write(Level level, std::string_view message, Fields fields) {
    if (!enabled(level)) return;
    const Line line{.time_ms = now_ms(), .level = level, .message = message, .fields = fields};
    const std::string text =
        sink().format.load() == Format::json ? format_json(line) : format_text(line);
    sink().logger.log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
}

void error(std::string_view message, Fields fields) {
    write(Level::error, message, fields);
}

void warning(std::string_view message, Fields fields) {
    write(Level::warning, message, fields);
}

void info(std::string_view message, Fields fields) {
    write(Level::info, message, fields);
}

void debug(std::string_view message, Fields fields) {
    write(Level::debug, message, fields);
}

void trace(std::string_view message, Fields fields) {
    write(Level::trace, message, fields);
}

}  // namespace darkroom::log
