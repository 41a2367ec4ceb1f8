// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/trace_context.h"

using namespace darkroom;

/// What is understood is written in version 00, which means the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto context = TraceContext::parse(text);
    if (!context) {
        DARKROOM_CHECK(
            context.error().code == ErrorCode::invalid_argument, "a refusal is invalid_argument");
        return 0;
    }
    const auto again = TraceContext::parse(context->text());
    DARKROOM_CHECK(again.has_value(), "our own header is understood");
    DARKROOM_CHECK(*again == *context, "a header round-trips");
    return 0;
}
