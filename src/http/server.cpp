// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <chrono>
#include <set>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/format.h"
#include "base/guarded.h"
#include "http/connection.h"
#include "http/session.h"
#include "http/tls_context.h"
#include "runtime/sleep.h"
#include "runtime/task_group.h"
#include "telemetry/log.h"

namespace darkroom::http {
namespace asio = boost::asio;
namespace {

using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using runtime::Deadline;
using runtime::Task;

/// Connections beyond the limit that are told so; any more are closed without a word.
constexpr std::size_t kTurnedAway = 64;
constexpr std::chrono::milliseconds kAcceptPause{100};

/// An open connection and the strand to reach it on.
struct Entry {
    asio::any_io_executor strand;
    std::shared_ptr<Session> session;

    friend bool operator<(const Entry& a, const Entry& b) { return a.session < b.session; }
};

/// What outlives the server until its last coroutine frame is gone.
struct Shared {
    Shared(const asio::any_io_executor& executor, ServerOptions options, Handler handler)
        : strand(asio::make_strand(executor)), acceptor(strand) {
        context->options = std::move(options);
        context->handler = std::move(handler);
    }

    asio::any_io_executor strand;
    /// Touched on `strand` only, once accepting.
    tcp::acceptor acceptor;
    std::shared_ptr<SessionContext> context = std::make_shared<SessionContext>();
    Guarded<std::set<Entry>> sessions;
};

/// Keeps a session on the list while its coroutine exists.
class Listing {
  public:
    Listing(std::shared_ptr<Shared> shared, Entry entry)
        : shared_(std::move(shared)), entry_(std::move(entry)) {
        shared_->sessions.lock()->insert(entry_);
    }
    ~Listing() { shared_->sessions.lock()->erase(entry_); }
    Listing(const Listing&) = delete;
    Listing& operator=(const Listing&) = delete;

  private:
    std::shared_ptr<Shared> shared_;
    Entry entry_;
};

awaitable<void> serve(std::shared_ptr<Session> session, std::shared_ptr<Listing> listing) {
    co_await session->run();
    listing.reset();
}

awaitable<void> turn_away(std::shared_ptr<Session> session, std::shared_ptr<Listing> listing) {
    Problem problem;
    problem.status = 503;
    problem.message = "the server has too many connections; try again";
    problem.headers.add("Retry-After", "1");
    co_await session->turn_away(std::move(problem));
    listing.reset();
}

void admit(const std::shared_ptr<Shared>& shared, runtime::TaskGroup& tasks, tcp::socket socket) {
    const std::size_t limit = shared->context->options.limits.connections;
    const std::size_t open = shared->sessions.lock()->size();
    if (open >= limit + kTurnedAway) return;
    Entry entry;
    entry.strand = socket.get_executor();
    auto connection = std::make_shared<Connection>(std::move(socket));
    const ServerOptions& options = shared->context->options;
    if (options.tls) connection->encrypt(options.tls->accept());
    entry.session = std::make_shared<Session>(std::move(connection), shared->context);
    auto listing = std::make_shared<Listing>(shared, entry);
    if (open < limit) {
        tasks.spawn_on(entry.strand, serve(entry.session, std::move(listing)));
    } else {
        tasks.spawn_on(entry.strand, turn_away(entry.session, std::move(listing)));
    }
}

awaitable<void> accept_loop(std::shared_ptr<Shared> shared, runtime::TaskGroup& tasks) {
    constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
    while (!shared->context->draining->has_fired()) {
        const asio::any_io_executor base = shared->strand;
        const asio::any_io_executor strand = asio::make_strand(base);
        auto [error, socket] = co_await shared->acceptor.async_accept(strand, kToken);
        if (!shared->acceptor.is_open()) break;
        if (!error) {
            admit(shared, tasks, std::move(socket));
            continue;
        }
        log::warning("cannot accept a connection", {{"error", error.message()}});
        co_await runtime::sleep_until(Deadline::after(kAcceptPause));
    }
}

Result<tcp::endpoint> endpoint_of(const ServerOptions& options) {
    if (options.address == "localhost") {
        return tcp::endpoint(asio::ip::address_v4::loopback(), options.port);
    }
    error_code error;
    const asio::ip::address address = asio::ip::make_address(options.address, error);
    if (!error) return tcp::endpoint(address, options.port);
    return Error{
        ErrorCode::invalid_argument,
        format("the address to listen on must be an IP address or localhost: {}", options.address)};
}

Error bind_error(const error_code& error, const ServerOptions& options) {
    const std::string where = format("{} port {}", options.address, options.port);
    if (error == asio::error::address_in_use) {
        return Error{
            ErrorCode::conflict,
            format(
                "another program is listening already; stop it or choose another port with "
                "--port: {}",
                where)};
    }
    if (error == asio::error::access_denied) {
        return Error{
            ErrorCode::permission_denied,
            format("ports below 1024 need privileges; choose another port with --port: {}", where)};
    }
    if (error == boost::system::errc::address_not_available) {
        return Error{
            ErrorCode::invalid_argument,
            format("no network interface of this machine has the address: {}", where)};
    }
    return Error{ErrorCode::unavailable, format("cannot listen on {}: {}", where, error.message())};
}

error_code bind_acceptor(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
    error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.address().is_v6()) {
        acceptor.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
}

}  // namespace

struct Server::State {
    State(const asio::any_io_executor& executor, ServerOptions options, Handler handler)
        : shared(std::make_shared<Shared>(executor, std::move(options), std::move(handler))),
          tasks(executor) {}

    void stop_accepting() const {
        if (!shared->context->draining->has_fired()) shared->context->draining->notify_all();
        asio::post(shared->strand, [shared = shared] {
            error_code ignored;
            shared->acceptor.close(ignored);
        });
    }

    /// Calls a member of every session on that session's strand.
    void tell_sessions(void (Session::*order)()) const {
        std::set<Entry> sessions;
        sessions = *shared->sessions.lock();
        for (const Entry& entry : sessions) {
            asio::post(entry.strand, [session = entry.session, order] { (*session.*order)(); });
        }
    }

    void cut() {
        stop_accepting();
        tell_sessions(&Session::close);
        tasks.cancel();
    }

    std::shared_ptr<Shared> shared;
    tcp::endpoint endpoint;
    runtime::TaskGroup tasks;
};

Result<std::unique_ptr<Server>> Server::start(
    asio::any_io_executor executor, ServerOptions options, Handler handler) {
    DARKROOM_TRY_ASSIGN(const tcp::endpoint endpoint, endpoint_of(options));
    if (!endpoint.address().is_loopback()) options.hosts.allows_addresses = true;
    auto state = std::make_unique<State>(executor, std::move(options), std::move(handler));
    tcp::acceptor& acceptor = state->shared->acceptor;
    if (const error_code error = bind_acceptor(acceptor, endpoint)) {
        return bind_error(error, state->shared->context->options);
    }
    error_code error;
    state->endpoint = acceptor.local_endpoint(error);
    state->tasks.spawn_on(state->shared->strand, accept_loop(state->shared, state->tasks));
    return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
    state_->cut();
}

std::uint16_t Server::port() const {
    return state_->endpoint.port();
}

std::string Server::url() const {
    const asio::ip::address address = state_->endpoint.address();
    const std::string text = address.to_string();
    const char* scheme = state_->shared->context->options.tls ? "https" : "http";
    return address.is_v6() ? format("{}://[{}]:{}", scheme, text, port())
                           : format("{}://{}:{}", scheme, text, port());
}

std::size_t Server::connections() const {
    return state_->shared->sessions.lock()->size();
}

Task<void> Server::drain(Deadline deadline) {
    state_->stop_accepting();
    state_->tell_sessions(&Session::drain);
    const Result<void> joined = co_await state_->tasks.join(deadline);
    if (joined.has_value()) co_return Result<void>();
    const std::size_t left = connections();
    state_->cut();
    const Result<void> ended = co_await state_->tasks.join(Deadline::never());
    if (!ended.has_value()) co_return ended.error();
    co_return Error{
        ErrorCode::deadline_exceeded, format("connections cut while they were served: {}", left)};
}

void Server::stop() {
    state_->cut();
}

}  // namespace darkroom::http
