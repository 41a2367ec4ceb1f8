// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/trace_context.h"
#include "http/message.h"

namespace darkroom::http {

/// How a response travels; decided by the request and the server.
struct Framing {
    bool is_http10 = false;
    bool keep_alive = true;
    /// For X-Process-Time.
    double seconds = 0;
    /// For traceresponse; nothing where no header of the request could be read.
    std::optional<TraceContext> trace = {};
    /// Bytes of the body; nothing for a chunked or close-delimited stream.
    std::optional<std::size_t> length = 0;
};

/// The status line and headers of a response, up to and including the empty line.
std::string response_head(const Response& response, const Framing& framing);

/// False for 1xx, 204 and 304, which end with their headers.
bool has_body(int status);

}  // namespace darkroom::http
