// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace darkroom {

/// Which trace something belongs to and which span of it this is, as the header `traceparent` says
/// it (W3C Trace Context, recommendation of 23 November 2021).
class TraceContext {
  public:
    /// A trace of its own with its first span, not sampled.
    static TraceContext begin();

    /// Reads "00-TRACE-SPAN-FLAGS": lower-case hex digits, neither id all zeros. Of a version that
    /// is higher the fields that it shares with version 00. Fails with invalid_argument.
    static Result<TraceContext> parse(std::string_view traceparent);

    /// A new span of the same trace.
    [[nodiscard]] TraceContext next_span() const;

    /// 32 hex digits; lives as long as this.
    [[nodiscard]] std::string_view trace_id() const { return {trace_.data(), trace_.size()}; }
    /// 16 hex digits; lives as long as this.
    [[nodiscard]] std::string_view span_id() const { return {span_.data(), span_.size()}; }
    /// The caller may be keeping its part of the trace.
    [[nodiscard]] bool is_sampled() const { return is_sampled_; }

    /// In version 00, with no flag but the sampled one.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const TraceContext&, const TraceContext&) = default;

  private:
    TraceContext() = default;

    std::array<char, 32> trace_{};
    std::array<char, 16> span_{};
    bool is_sampled_ = false;
};

// Where there may be no trace: an empty text is none.

/// For log lines; lives as long as `trace`.
std::string_view trace_id_of(const std::optional<TraceContext>& trace);

/// TraceContext::text().
std::string traceparent_of(const std::optional<TraceContext>& trace);

/// Reverse of traceparent_of. Fails as TraceContext::parse.
Result<std::optional<TraceContext>> parse_optional_trace(std::string_view traceparent);

}  // namespace darkroom
