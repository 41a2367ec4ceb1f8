// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/headers.h"
#include "http/limits.h"
#include "http/message.h"

namespace darkroom::http {

/// What stands before a request's body.
struct RequestHead {
    std::string method;
    std::string target;
    bool is_http10 = false;
    /// What the client asks for by version and Connection field.
    bool keep_alive = false;
    bool expects_continue = false;
    Headers headers;
};

/// Parses one request from bytes as they arrive; knows no sockets.
class RequestParser {
  public:
    explicit RequestParser(const Limits& limits);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    /// Takes what it can from the front of `bytes` and returns how much; the caller offers the rest
    /// again with more behind it. Stops after the head and after the end of the request. After a
    /// problem it takes nothing more.
    std::size_t feed(std::string_view bytes);

    [[nodiscard]] bool has_head() const;
    [[nodiscard]] bool is_complete() const;
    /// 400 for what is malformed or ambiguous (two Content-Length fields, Content-Length beside
    /// Transfer-Encoding, no Host), 413, 415 for a compressed body, 417, 431, 501.
    [[nodiscard]] const std::optional<Problem>& problem() const;
    /// Valid once has_head().
    [[nodiscard]] const RequestHead& head() const;
    [[nodiscard]] std::size_t body_bytes() const;
    /// The body, moved out, once is_complete().
    std::string take_body();

  private:
    void read_head();

    struct State;
    std::unique_ptr<State> state_;
};

struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
};

/// What a ResponseParser accepts.
struct ResponseRules {
    std::size_t body_bytes = 256U << 20;
    /// The answer to HEAD, which has no body whatever its headers say.
    bool is_head = false;
};

/// Parses one response; interim 1xx responses are skipped.
class ResponseParser {
  public:
    explicit ResponseParser(const ResponseRules& rules);
    ~ResponseParser();
    ResponseParser(const ResponseParser&) = delete;
    ResponseParser& operator=(const ResponseParser&) = delete;

    /// As RequestParser::feed. Fails with bad_upstream or payload_too_large.
    Result<std::size_t> feed(std::string_view bytes);
    /// The peer closed. Fails with bad_upstream when that cut the response short.
    Result<void> finish();

    [[nodiscard]] bool is_complete() const;
    ClientResponse take();

  private:
    struct State;
    ResponseRules rules_;
    std::unique_ptr<State> state_;
};

}  // namespace darkroom::http
