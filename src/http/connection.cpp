// SPDX-License-Identifier: Apache-2.0
#include "http/connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/format.h"

namespace darkroom::http {
namespace asio = boost::asio;
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using runtime::Deadline;
using runtime::Task;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kHandshakeBytes = 4U << 10;
/// Enciphered at once; what is on its way takes as much memory.
constexpr std::size_t kEncryptBytes = 64U << 10;
/// A peer that makes TLS answer so much while nobody writes is up to no good.
constexpr std::size_t kMostUnsentBytes = 64U << 10;

Error failure(const error_code& error, bool timed_out) {
    if (timed_out) return Error{ErrorCode::deadline_exceeded, "the peer was too slow"};
    if (error == asio::error::operation_aborted) {
        return Error{ErrorCode::cancelled, "the connection was closed here"};
    }
    return Error{ErrorCode::unavailable, format("the connection broke: {}", error.message())};
}

/// A connection being made; its timer closes the socket at the deadline.
struct Attempt {
    Attempt(const asio::any_io_executor& executor, Deadline deadline)
        : socket(executor), timer(executor, deadline.time()) {}

    tcp::socket socket;
    asio::steady_timer timer;
    bool is_over = false;
    bool timed_out = false;
};

}  // namespace

/// Cancels the socket's operations at the deadline unless it is destroyed before.
class Connection::Alarm {
  public:
    Alarm(Connection& connection, Deadline deadline) : connection_(connection) {
        connection.timed_out_ = false;
        const std::uint64_t number = ++connection.alarm_;
        if (deadline.is_never()) return;
        connection.timer_.expires_at(deadline.time());
        connection.timer_.async_wait(
            [self = connection.shared_from_this(), number](const error_code& error) {
                if (error || number != self->alarm_) return;
                self->timed_out_ = true;
                error_code ignored;
                self->socket_.cancel(ignored);
            });
    }
    ~Alarm() {
        ++connection_.alarm_;
        connection_.timer_.cancel();
    }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

  private:
    Connection& connection_;
};

Connection::Connection(tcp::socket socket)
    : socket_(std::move(socket)), timer_(socket_.get_executor()) {
    error_code error;
    socket_.set_option(tcp::no_delay(true), error);
    const tcp::endpoint peer = socket_.remote_endpoint(error);
    if (error) return;
    const asio::ip::address address = peer.address();
    const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    const asio::ip::address plain =
        mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()) : address;
    remote_address_ = plain.to_string();
    is_loopback_ = plain.is_loopback();
}

Task<std::size_t> Connection::receive(std::span<char> space) {
    if (timed_out_) co_return failure(error_code(), true);
    const asio::mutable_buffer buffer(space.data(), space.size());
    const auto [error, count] = co_await socket_.async_read_some(buffer, kAwait);
    if (error == asio::error::eof) co_return std::size_t{0};
    if (error) co_return failure(error, timed_out_);
    co_return count;
}

Task<void> Connection::send(std::string_view bytes) {
    if (timed_out_) co_return failure(error_code(), true);
    is_sending_ = true;
    const asio::const_buffer buffer(bytes.data(), bytes.size());
    const auto [error, count] = co_await asio::async_write(socket_, buffer, kAwait);
    if (error) co_return failure(error, timed_out_);
    is_sending_ = false;
    co_return Result<void>();
}

Task<void> Connection::flush() {
    const std::string bytes = tls_->take_outgoing();
    if (bytes.empty()) co_return Result<void>();
    Result<void> sent = co_await send(bytes);
    co_return sent;
}

Task<bool> Connection::secure(Deadline deadline) {
    if (!tls_) co_return true;
    const Alarm alarm(*this, deadline);
    std::string space(kHandshakeBytes, '\0');
    for (;;) {
        const Result<TlsChannel::Handshake> step = tls_->shake_hands();
        if (step.has_value() && *step == TlsChannel::Handshake::plain_http) {
            tls_.reset();
            co_return false;
        }
        const Result<void> sent = co_await flush();
        if (!step.has_value()) co_return step.error();
        if (!sent.has_value()) co_return sent.error();
        if (*step == TlsChannel::Handshake::done) co_return true;
        DARKROOM_CO_TRY_ASSIGN(const std::size_t count, co_await receive(space));
        if (count == 0) {
            co_return Error{ErrorCode::unavailable, "the peer closed before TLS was agreed on"};
        }
        tls_->feed(std::string_view(space).substr(0, count));
    }
}

Task<std::size_t> Connection::read_some(std::span<char> space, Deadline deadline) {
    const Alarm alarm(*this, deadline);
    if (!tls_) {
        Result<std::size_t> count = co_await receive(space);
        co_return count;
    }
    for (;;) {
        const Result<std::optional<std::size_t>> deciphered = tls_->read(space);
        DARKROOM_CO_TRY(co_await flush());
        if (!deciphered.has_value()) co_return deciphered.error();
        if (deciphered->has_value()) co_return **deciphered;
        DARKROOM_CO_TRY_ASSIGN(const std::size_t count, co_await receive(space));
        if (count == 0) {
            co_return Error{ErrorCode::unavailable, "the connection was cut without TLS's goodbye"};
        }
        tls_->feed(std::string_view(space.data(), count));
    }
}

Task<void> Connection::write(std::string_view bytes, Deadline deadline) {
    const Alarm alarm(*this, deadline);
    if (!tls_) {
        Result<void> sent = co_await send(bytes);
        co_return sent;
    }
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, kEncryptBytes);
        DARKROOM_CO_TRY(tls_->write(piece));
        DARKROOM_CO_TRY(co_await flush());
        bytes.remove_prefix(piece.size());
    }
    co_return Result<void>();
}

void Connection::watch_hangup(std::shared_ptr<runtime::AsyncEvent> gone) {
    watched_ = std::move(gone);
    await_hangup();
}

void Connection::await_hangup() {
    if (tls_) {
        const TlsChannel::Waiting waiting = tls_->waiting();
        if (waiting == TlsChannel::Waiting::bytes) return;
        if (waiting == TlsChannel::Waiting::end || tls_->outgoing_bytes() > kMostUnsentBytes) {
            watched_->notify_all();
            return;
        }
    }
    socket_.async_wait(
        tcp::socket::wait_read,
        [self = shared_from_this(), event = watched_](const error_code& error) {
            if (!error && self->watched_ == event) self->note_readable();
        });
}

void Connection::stop_watching() {
    watched_.reset();
    error_code ignored;
    socket_.cancel(ignored);
}

void Connection::note_readable() {
    std::array<char, 4096> bytes{};
    // Under TLS a goodbye looks like any other bytes, so they are taken.
    const int flags = tls_ ? MSG_DONTWAIT : MSG_DONTWAIT | MSG_PEEK;
    const ssize_t count = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), flags);
    const bool is_open = count > 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
    if (!is_open) {
        watched_->notify_all();
    } else if (tls_) {
        if (count > 0) tls_->feed(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
        await_hangup();
    }
}

/// Without it the peer takes the end for a cut. Goes unless the way is blocked.
void Connection::say_goodbye() {
    if (!tls_ || is_sending_ || !socket_.is_open()) return;
    tls_->close();
    const std::string bytes = tls_->take_outgoing();
    is_sending_ = true;
    ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Connection::shutdown_send() {
    say_goodbye();
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Connection::close() {
    say_goodbye();
    error_code ignored;
    socket_.close(ignored);
}

Task<std::shared_ptr<Connection>> open_connection(
    std::string host, std::uint16_t port, Deadline deadline) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const std::string name = format("{}:{}", host, port);
    tcp::resolver resolver(executor);
    const std::string service = std::to_string(port);
    const auto [unresolved, endpoints] = co_await resolver.async_resolve(host, service, kAwait);
    if (unresolved) {
        co_return Error{
            ErrorCode::unavailable, format("no address for {}: {}", name, unresolved.message())};
    }
    const auto attempt = std::make_shared<Attempt>(executor, deadline);
    attempt->timer.async_wait([attempt](const error_code& error) {
        if (error || attempt->is_over) return;
        attempt->timed_out = true;
        error_code ignored;
        attempt->socket.close(ignored);
    });
    const auto [error, endpoint] = co_await asio::async_connect(attempt->socket, endpoints, kAwait);
    attempt->is_over = true;
    attempt->timer.cancel();
    if (attempt->timed_out) {
        co_return Error{ErrorCode::deadline_exceeded, format("no connection in time to {}", name)};
    }
    if (error) {
        co_return Error{
            ErrorCode::unavailable, format("cannot connect to {}: {}", name, error.message())};
    }
    co_return std::make_shared<Connection>(std::move(attempt->socket));
}

}  // namespace darkroom::http
