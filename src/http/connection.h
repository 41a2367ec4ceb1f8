// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/async_event.h"
#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::http {

/// A TCP connection whose reads and writes end at a deadline. Used on its socket's strand only.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    explicit Connection(boost::asio::ip::tcp::socket socket);

    /// Reads at least one byte; 0 says that the peer closed its side. Fails with deadline_exceeded,
    /// unavailable when the connection broke, or cancelled.
    runtime::Task<std::size_t> read_some(std::span<char> space, runtime::Deadline deadline);
    /// Writes everything. `bytes` outlives the wait. Fails as read_some.
    runtime::Task<void> write(std::string_view bytes, runtime::Deadline deadline);

    /// Notifies `gone` once if the peer closes its side, until stop_watching or unread bytes come.
    void watch_hangup(std::shared_ptr<runtime::AsyncEvent> gone);
    void stop_watching();

    /// Tells the peer that no more will be sent.
    void shutdown_send();
    /// Ends what is waited for and closes the socket.
    void close();

    [[nodiscard]] std::string remote_address() const { return remote_address_; }
    [[nodiscard]] bool is_loopback() const { return is_loopback_; }

  private:
    class Alarm;

    void note_readable();

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    /// Counts alarms, so that one whose operation is over rings in vain.
    std::uint64_t alarm_ = 0;
    bool timed_out_ = false;
    std::shared_ptr<runtime::AsyncEvent> watched_;
    std::string remote_address_;
    bool is_loopback_ = false;
};

/// Connects to a name or address. Fails with unavailable or deadline_exceeded, naming the server.
runtime::Task<std::shared_ptr<Connection>> open_connection(
    std::string host, std::uint16_t port, runtime::Deadline deadline);

}  // namespace darkroom::http
