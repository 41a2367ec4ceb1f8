// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/result.h"

/// Structured log lines on stderr, through one process-wide sink. Safe from any thread.
///
///   log::info("model loaded", {{"model", name}, {"seconds", seconds}});
///
/// The message is a constant; what varies goes into fields. error: someone must act now;
/// warning: someone should look; info: rare milestones; debug: per task; trace: per step.
namespace darkroom::log {

enum class Level { trace, debug, info, warning, error };

enum class Format { text, json };

struct Options {
    Level level = Level::info;
    Format format = Format::text;
};

/// A field's value. Text is borrowed: it must live until the log call returns.
class Value {
  public:
    using Variant = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

    template <std::integral T>
    Value(T value) : value_(widen(value)) {}  // NOLINT: implicit
    template <std::floating_point T>
    Value(T value) : value_(static_cast<double>(value)) {}                // NOLINT: implicit
    Value(std::string_view value) : value_(value) {}                      // NOLINT: implicit
    Value(const std::string& value) : value_(std::string_view(value)) {}  // NOLINT: implicit
    Value(const char* value) : value_(std::string_view(value)) {}         // NOLINT: implicit

    [[nodiscard]] const Variant& variant() const { return value_; }

  private:
    template <std::integral T>
    static Variant widen(T value) {
        if constexpr (std::is_same_v<T, bool>) {
            return value;
        } else if constexpr (std::is_signed_v<T>) {
            return static_cast<std::int64_t>(value);
        } else {
            return static_cast<std::uint64_t>(value);
        }
    }

    Variant value_;
};

struct Field {
    std::string_view key;
    Value value;
};

using Fields = std::initializer_list<Field>;

/// Sets level and format of the process-wide sink; info and text until then.
void configure(const Options& options);

/// True when lines of that level are written: for callers whose fields cost something to make.
bool enabled(Level level);

/// Parses "error", "warning", "info", "debug" or "trace". Fails with invalid_argument.
Result<Level> level_from(std::string_view word);

/// Parses "text" or "json". Fails with invalid_argument.
Result<Format> format_from(std::string_view word);

/// Writes one line. Values cannot forge lines or move a terminal: control characters, bidirectional
/// overrides and malformed UTF-8 are escaped or replaced, and text over 4 KiB is cut.
void write(Level level, std::string_view message, Fields fields);

void error(std::string_view message, Fields fields = {});
void warning(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void debug(std::string_view message, Fields fields = {});
void trace(std::string_view message, Fields fields = {});

}  // namespace darkroom::log
