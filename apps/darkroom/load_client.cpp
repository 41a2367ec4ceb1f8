// SPDX-License-Identifier: Apache-2.0
#include "load_client.h"

#include <algorithm>
#include <charconv>
#include <deque>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/format.h"
#include "runtime/block_on.h"
#include "runtime/deadline.h"

namespace darkroom::app {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using boost::system::error_code;

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kLength = "Content-Length: ";
constexpr int kOk = 200;
constexpr std::size_t kStatusPlace = 9;
constexpr auto kPatience = std::chrono::seconds(10);

Error broken(const error_code& error) {
    return Error{ErrorCode::unavailable, "the server is gone: " + error.message()};
}

int number_at(std::string_view text, std::size_t place) {
    int number = 0;
    std::from_chars(text.data() + place, text.data() + text.size(), number);
    return number;
}

/// A connection and what was read of it.
struct Connection {
    explicit Connection(const asio::any_io_executor& executor) : socket(executor) {}

    tcp::socket socket;
    std::string received = {};
};

runtime::Task<void> connect(Connection& connection, std::uint16_t port) {
    const tcp::endpoint server(asio::ip::address_v4::loopback(), port);
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await connection.socket.async_connect(server, token);
    if (error) co_return broken(error);
    connection.socket.set_option(tcp::no_delay(true), error);
    co_return Result<void>();
}

/// Sends a request and reads the head of its answer, which is removed from what was received.
runtime::Task<std::string> ask(Connection& connection, std::string request) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const asio::const_buffer bytes = asio::buffer(request);
    co_await asio::async_write(connection.socket, bytes, token);
    if (error) co_return broken(error);
    auto buffer = asio::dynamic_buffer(connection.received);
    const std::size_t end =
        co_await asio::async_read_until(connection.socket, buffer, kEndOfHead, token);
    if (error) co_return broken(error);
    std::string head = connection.received.substr(0, end);
    connection.received.erase(0, end);
    co_return head;
}

/// The status of the answer, whose body is read and dropped.
runtime::Task<int> exchange(Connection& connection, std::string request) {
    DARKROOM_CO_TRY_ASSIGN(const std::string head, co_await ask(connection, std::move(request)));
    const std::size_t place = head.find(kLength);
    if (place == std::string::npos) {
        co_return Error{ErrorCode::bad_upstream, "an answer without a length"};
    }
    const auto length = static_cast<std::size_t>(number_at(head, place + kLength.size()));
    if (connection.received.size() < length) {
        error_code error;
        auto token = asio::redirect_error(asio::use_awaitable, error);
        auto buffer = asio::dynamic_buffer(connection.received);
        const auto rest = asio::transfer_exactly(length - connection.received.size());
        co_await asio::async_read(connection.socket, buffer, rest, token);
        if (error) co_return broken(error);
    }
    connection.received.erase(0, length);
    co_return number_at(head, kStatusPlace);
}

struct Load {
    LoadPlan plan;
    SteadyClock::time_point end;
    LoadReport report;
    std::optional<Error> failure;
};

runtime::Task<void> ask_until_the_end(Load& load, Connection& connection) {
    DARKROOM_CO_TRY(co_await connect(connection, load.plan.port));
    while (SteadyClock::now() < load.end) {
        const auto begin = SteadyClock::now();
        std::string request = load.plan.next_request();
        DARKROOM_CO_TRY_ASSIGN(const int status, co_await exchange(connection, std::move(request)));
        const std::chrono::duration<double> elapsed = SteadyClock::now() - begin;
        load.report.latencies_s.push_back(elapsed.count());
        ++load.report.answers;
        if (status != kOk) ++load.report.refused;
    }
    co_return Result<void>();
}

asio::awaitable<void> keep_asking(Load& load, Connection& connection) {
    const Result<void> ended = co_await ask_until_the_end(load, connection);
    if (!ended) load.failure = ended.error();
}

struct Place {
    std::uint16_t port = 0;
    std::string target;
};

runtime::Task<void> begin_stream(Connection& connection, Place place) {
    DARKROOM_CO_TRY(co_await connect(connection, place.port));
    std::string request = format(
        "GET {} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", place.target);
    DARKROOM_CO_TRY_ASSIGN(const std::string head, co_await ask(connection, std::move(request)));
    const int status = number_at(head, kStatusPlace);
    if (status != kOk) {
        co_return Error{
            ErrorCode::resource_exhausted,
            format("the server opens no further stream; its status is: {}", status)};
    }
    co_return Result<void>();
}

asio::awaitable<void> keep_open(
    Connection& connection, Place place, std::optional<Error>& failure) {
    const Result<void> opened = co_await begin_stream(connection, std::move(place));
    if (!opened) failure = opened.error();
}

runtime::Task<int> connect_and_ask(
    Connection& connection, std::uint16_t port, std::string request) {
    DARKROOM_CO_TRY(co_await connect(connection, port));
    Result<int> status = co_await exchange(connection, std::move(request));
    co_return status;
}

asio::awaitable<void> read_until(Connection& connection, const std::string& text) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    auto buffer = asio::dynamic_buffer(connection.received);
    co_await asio::async_read_until(connection.socket, buffer, text, token);
}

}  // namespace

double LoadReport::per_second() const {
    return seconds > 0 ? static_cast<double>(answers) / seconds : 0;
}

double LoadReport::latency_s(double quantile) const {
    if (latencies_s.empty()) return 0;
    const auto last = static_cast<double>(latencies_s.size() - 1);
    return latencies_s[static_cast<std::size_t>(quantile * last)];
}

Result<LoadReport> run_load(const asio::any_io_executor& executor, LoadPlan plan) {
    const auto begin = SteadyClock::now();
    Load load{std::move(plan), begin, {}, {}};
    load.end = begin + load.plan.duration;
    std::deque<Connection> connections;
    {
        runtime::TaskGroup group(executor);
        for (int i = 0; i < load.plan.connections; ++i) {
            Connection& connection = connections.emplace_back(executor);
            group.spawn(keep_asking(load, connection));
        }
        group.wait();
    }
    if (load.failure) return *load.failure;
    load.report.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    std::ranges::sort(load.report.latencies_s);
    return std::move(load.report);
}

Result<int> ask_once(
    const asio::any_io_executor& executor, std::uint16_t port, std::string request) {
    Connection connection(executor);
    return runtime::block_on(executor, connect_and_ask(connection, port, std::move(request)));
}

struct OpenStreams::State {
    asio::any_io_executor executor;
    std::deque<Connection> connections = {};
};

OpenStreams::OpenStreams(asio::any_io_executor executor) : state_(new State{std::move(executor)}) {}

OpenStreams::~OpenStreams() = default;

Result<void> OpenStreams::open(std::uint16_t port, const std::string& target, int count) {
    std::optional<Error> failure;
    {
        runtime::TaskGroup group(state_->executor);
        for (int i = 0; i < count; ++i) {
            Connection& connection = state_->connections.emplace_back(state_->executor);
            group.spawn(keep_open(connection, {port, target}, failure));
        }
        group.wait();
    }
    if (failure) return *failure;
    return {};
}

Result<void> OpenStreams::read_all(const std::string& text) {
    runtime::TaskGroup group(state_->executor);
    for (Connection& connection : state_->connections)
        group.spawn(read_until(connection, text));
    const Result<void> joined =
        runtime::block_on(state_->executor, group.join(runtime::Deadline::after(kPatience)));
    const bool all = std::ranges::all_of(state_->connections, [&](const Connection& connection) {
        return connection.received.find(text) != std::string::npos;
    });
    if (joined && all) return {};
    return Error{ErrorCode::deadline_exceeded, "not every stream was told in ten seconds"};
}

std::size_t OpenStreams::size() const {
    return state_->connections.size();
}

}  // namespace darkroom::app
