// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "http/connection.h"
#include "http/host_policy.h"
#include "http/limits.h"
#include "http/message.h"
#include "http/server.h"

namespace darkroom::http {

/// What all connections of a server share.
struct SessionContext {
    ServerOptions options;
    Handler handler;
    std::shared_ptr<runtime::AsyncEvent> draining = std::make_shared<runtime::AsyncEvent>();
    std::atomic<std::size_t> buffered_body_bytes{0};
    std::atomic<std::size_t> handshakes{0};
};

/// One connection of the server: requests are read, answered and written one after the other. Used
/// on its connection's strand only.
class Session {
  public:
    Session(std::shared_ptr<Connection> connection, std::shared_ptr<SessionContext> context);

    /// Serves until either side closes, a limit is broken, or the server drains.
    boost::asio::awaitable<void> run();
    /// Answers with the problem before anything is read, and ends.
    boost::asio::awaitable<void> turn_away(Problem problem);

    /// Closes the connection if no request is under way; otherwise it closes after the answer.
    void drain();
    /// Closes the connection at once.
    void close() { connection_->close(); }

  private:
    struct Incoming;
    struct Outgoing;

    boost::asio::awaitable<bool> greet();
    runtime::Task<bool> secure();
    boost::asio::awaitable<void> refuse(Problem problem);
    boost::asio::awaitable<bool> serve_one();
    boost::asio::awaitable<bool> await_request();
    boost::asio::awaitable<void> receive_head(Incoming& incoming);
    boost::asio::awaitable<void> receive_body(Incoming& incoming);
    runtime::Task<std::size_t> read_more(runtime::Deadline deadline);
    bool note_read(const Result<std::size_t>& count, Incoming& incoming) const;
    Request make_request(Incoming& incoming) const;

    boost::asio::awaitable<Response> answer(Request request);
    [[nodiscard]] Response render(const Problem& problem, std::string_view path) const;

    boost::asio::awaitable<bool> reply(Outgoing& outgoing);
    boost::asio::awaitable<bool> send_body(Outgoing& outgoing);
    boost::asio::awaitable<bool> send_stream(Outgoing& outgoing);
    boost::asio::awaitable<void> compress(Response& response);
    boost::asio::awaitable<void> linger();

    std::shared_ptr<Connection> connection_;
    std::shared_ptr<SessionContext> context_;
    /// Bytes read and not yet parsed.
    std::string pending_;
    std::size_t served_ = 0;
    bool idle_ = false;
};

}  // namespace darkroom::http
