// SPDX-License-Identifier: Apache-2.0
#include "base/trace_context.h"

#include <algorithm>

#include "base/format.h"
#include "base/random.h"

namespace darkroom {
namespace {

// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
constexpr std::size_t kVersionDigits = 2;
constexpr std::size_t kFlagDigits = 2;
constexpr std::size_t kTraceBegin = kVersionDigits + 1;
constexpr std::size_t kSpanBegin = kTraceBegin + 32 + 1;
constexpr std::size_t kFlagsBegin = kSpanBegin + 16 + 1;
constexpr std::size_t kLength = kFlagsBegin + kFlagDigits;
constexpr int kSampledFlag = 1;

constexpr std::string_view kDigits = "0123456789abcdef";

bool is_hex(std::string_view text) {
    return text.find_first_not_of(kDigits) == std::string_view::npos;
}

/// An id that names something.
bool is_id(std::string_view text) {
    return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

/// What follows in a higher version begins with a dash; version 00 has no more, and ff is none.
bool has_known_form(std::string_view text) {
    if (text.size() < kLength) return false;
    const std::string_view version = text.substr(0, kVersionDigits);
    if (!is_hex(version) || version == "ff") return false;
    if (text.size() > kLength && (version == "00" || text[kLength] != '-')) return false;
    return text[kTraceBegin - 1] == '-' && text[kSpanBegin - 1] == '-' &&
           text[kFlagsBegin - 1] == '-';
}

/// 16 or 32 random hex digits, not all of them 0.
template <std::size_t kSize>
std::array<char, kSize> random_digits() {
    std::array<char, kSize> digits{};
    do {
        const std::string random = random_id();
        std::copy_n(random.begin(), kSize, digits.begin());
    } while (!is_id({digits.data(), digits.size()}));
    return digits;
}

}  // namespace

TraceContext TraceContext::begin() {
    TraceContext context;
    context.trace_ = random_digits<32>();
    context.span_ = random_digits<16>();
    return context;
}

Result<TraceContext> TraceContext::parse(std::string_view traceparent) {
    const Error malformed{
        ErrorCode::invalid_argument,
        "traceparent is not of the form of W3C Trace Context",
        "traceparent"};
    if (!has_known_form(traceparent)) return malformed;
    TraceContext context;
    const std::string_view trace = traceparent.substr(kTraceBegin, context.trace_.size());
    const std::string_view span = traceparent.substr(kSpanBegin, context.span_.size());
    const std::string_view flags = traceparent.substr(kFlagsBegin, kFlagDigits);
    if (!is_id(trace) || !is_id(span) || !is_hex(flags)) return malformed;
    std::ranges::copy(trace, context.trace_.begin());
    std::ranges::copy(span, context.span_.begin());
    context.is_sampled_ = (kDigits.find(flags.back()) & kSampledFlag) != 0;
    return context;
}

TraceContext TraceContext::next_span() const {
    TraceContext next = *this;
    next.span_ = random_digits<16>();
    return next;
}

std::string TraceContext::text() const {
    return format("00-{}-{}-{}", trace_id(), span_id(), is_sampled_ ? "01" : "00");
}

std::string_view trace_id_of(const std::optional<TraceContext>& trace) {
    return trace ? trace->trace_id() : std::string_view();
}

std::string traceparent_of(const std::optional<TraceContext>& trace) {
    return trace ? trace->text() : std::string();
}

Result<std::optional<TraceContext>> parse_optional_trace(std::string_view traceparent) {
    if (traceparent.empty()) return std::optional<TraceContext>();
    DARKROOM_TRY_ASSIGN(const TraceContext trace, TraceContext::parse(traceparent));
    return std::optional<TraceContext>(trace);
}

}  // namespace darkroom
