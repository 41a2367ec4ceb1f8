// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "http/headers.h"
#include "http/parser.h"
#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::http {

struct ClientRequest {
    std::string method = "GET";
    /// "http://127.0.0.1:7860/path?query", its path and query already percent-encoded.
    std::string url;
    Headers headers = {};
    std::string body = {};
    /// A larger answer is payload_too_large.
    std::size_t body_limit = 256U << 20;
};

/// Sends one request on a connection of its own and returns the whole answer, whatever its status.
/// For servers on this machine or a trusted network: plain HTTP, no redirects. `request` is a named
/// object moved in (the GCC 12 rule of runtime/task.h).
///
/// Fails with invalid_argument for the URL, unimplemented for https, unavailable, bad_upstream,
/// deadline_exceeded or payload_too_large.
runtime::Task<ClientResponse> fetch(ClientRequest request, runtime::Deadline deadline);

/// The same from a thread that may block, with an io thread of its own.
Result<ClientResponse> fetch_blocking(ClientRequest request, std::chrono::milliseconds timeout);

}  // namespace darkroom::http
