// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

namespace darkroom::http {

/// What one client may cost the server.
struct Limits {
    /// Request line and headers; more is 431.
    std::size_t header_bytes = 64U << 10;
    /// One request body; more is 413.
    std::size_t body_bytes = 64U << 20;
    /// Request bodies held at once by all connections together; more is 503.
    std::size_t buffered_body_bytes = 1U << 30;
    /// Connections at once; more get 503.
    std::size_t connections = 1024;
    /// Connections that agree on TLS at once; more are closed without a word.
    std::size_t handshakes = 256;

    /// From a connection's begin until TLS is agreed on; then it is closed.
    std::chrono::milliseconds handshake_time{10'000};
    /// From a request's first byte to the end of its headers; then 408.
    std::chrono::milliseconds header_time{30'000};
    /// Silence between two requests of a connection; then it is closed.
    std::chrono::milliseconds idle_time{60'000};
    /// Each further 16 KiB of a body, or its end, must arrive within this time; else 408.
    std::chrono::milliseconds body_time{30'000};
    /// Each further 256 KiB of an answer must be taken within this time; else the connection is
    /// cut.
    std::chrono::milliseconds write_time{30'000};
    /// How long a refused client may go on sending before the connection is cut; closing at once
    /// would destroy the answer on its way.
    std::chrono::milliseconds linger_time{2'000};
};

}  // namespace darkroom::http
