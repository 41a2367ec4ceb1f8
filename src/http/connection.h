// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/tls_channel.h"
#include "runtime/async_event.h"
#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::http {

/// A TCP connection, plain or under TLS, whose reads and writes end at a deadline. Used on its
/// socket's strand only.
class Connection : public std::enable_shared_from_this<Connection> {
  public:
    explicit Connection(boost::asio::ip::tcp::socket socket);

    /// What is read and written from now on goes through the channel, once secure() is over.
    void encrypt(TlsChannel channel) { tls_.emplace(std::move(channel)); }
    /// Agrees with the peer on TLS; at once without a channel. False when the peer speaks HTTP
    /// without TLS: what it sent is gone, and the connection is plain. Fails as read_some.
    runtime::Task<bool> secure(runtime::Deadline deadline);
    [[nodiscard]] bool is_encrypted() const { return tls_.has_value(); }

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

    /// Within the deadline of an Alarm.
    runtime::Task<std::size_t> receive(std::span<char> space);
    runtime::Task<void> send(std::string_view bytes);
    /// Sends what TLS has for the peer.
    runtime::Task<void> flush();

    void await_hangup();
    void note_readable();
    void say_goodbye();

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    /// Counts alarms, so that one whose operation is over rings in vain.
    std::uint64_t alarm_ = 0;
    bool timed_out_ = false;
    std::shared_ptr<runtime::AsyncEvent> watched_;
    std::optional<TlsChannel> tls_;
    /// A piece is on its way, or did not get there.
    bool is_sending_ = false;
    std::string remote_address_;
    bool is_loopback_ = false;
};

/// Connects to a name or address. Fails with unavailable or deadline_exceeded, naming the server.
runtime::Task<std::shared_ptr<Connection>> open_connection(
    std::string host, std::uint16_t port, runtime::Deadline deadline);

}  // namespace darkroom::http
