// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>

#include "http/headers.h"
#include "http/parser.h"
#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::http {

struct ClientRequest {
    std::string method = "GET";
    /// "http://127.0.0.1:7860/path?query", or with https, its path and query already
    /// percent-encoded.
    std::string url;
    Headers headers = {};
    std::string body = {};
    /// A larger answer is payload_too_large.
    std::size_t body_limit = 256U << 20;
    /// PEM file of the authorities that an https server's certificate may come from; empty for
    /// those of the system (TlsContext::of_client).
    std::filesystem::path authorities = {};
};

/// Sends one request on a connection of its own and returns the whole answer, whatever its status.
/// For servers that the user named: any address, no redirects. Reads the authorities from the disk
/// for https. `request` is a named object moved in (the GCC 12 rule of runtime/task.h).
///
/// Fails with invalid_argument for the URL or the authorities, unavailable (also for a server that
/// does not prove who it is), bad_upstream, deadline_exceeded or payload_too_large.
runtime::Task<ClientResponse> fetch(ClientRequest request, runtime::Deadline deadline);

/// The same from a thread that may block, with an io thread of its own.
Result<ClientResponse> fetch_blocking(ClientRequest request, std::chrono::milliseconds timeout);

}  // namespace darkroom::http
