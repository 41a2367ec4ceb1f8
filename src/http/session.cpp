// SPDX-License-Identifier: Apache-2.0
#include "http/session.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "base/format.h"
#include "http/gzip.h"
#include "http/parser.h"
#include "http/response_head.h"
#include "runtime/sleep.h"
#include "telemetry/log.h"

namespace darkroom::http {
namespace {

using boost::asio::awaitable;
using runtime::Deadline;
using runtime::Task;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 32U << 10;
constexpr std::size_t kBodyStepBytes = 16U << 10;
constexpr std::size_t kWriteBytes = 256U << 10;
constexpr std::size_t kCompressFromBytes = 1U << 10;
constexpr std::size_t kCompressStepBytes = 64U << 10;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// A request body's part of the memory that all bodies share.
class BodyShare {
  public:
    explicit BodyShare(SessionContext& context) : context_(context) {}
    ~BodyShare() { context_.buffered_body_bytes -= held_; }
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;

    /// Grows to `bytes`; false when the server has no room for it.
    bool hold(std::size_t bytes) {
        const std::size_t total = context_.buffered_body_bytes += bytes - held_;
        held_ = bytes;
        return total <= context_.options.limits.buffered_body_bytes;
    }

  private:
    SessionContext& context_;
    std::size_t held_ = 0;
};

/// A connection's place among those that agree on TLS.
class HandshakePlace {
  public:
    explicit HandshakePlace(SessionContext& context)
        : context_(context), before_(context.handshakes++) {}
    ~HandshakePlace() { --context_.handshakes; }
    HandshakePlace(const HandshakePlace&) = delete;
    HandshakePlace& operator=(const HandshakePlace&) = delete;

    [[nodiscard]] bool is_free() const { return before_ < context_.options.limits.handshakes; }

  private:
    SessionContext& context_;
    std::size_t before_;
};

/// Writes a streamed body: in chunks, or bare to an HTTP/1.0 client.
class StreamWriter final : public BodyWriter {
  public:
    StreamWriter(Connection& connection, std::chrono::milliseconds write_time)
        : connection_(connection), write_time_(write_time) {}

    Task<void> write(std::string bytes) override {
        if (bytes.empty()) co_return Result<void>();
        if (is_chunked) bytes = format("{:x}\r\n{}\r\n", bytes.size(), bytes);
        const Deadline deadline = Deadline::after(write_time_);
        Result<void> written = co_await connection_.write(bytes, deadline);
        if (written.has_value()) co_return written;
        has_failed = true;
        if (written.error().code == ErrorCode::deadline_exceeded) co_return written;
        co_return Error{ErrorCode::cancelled, "the client is gone"};
    }

    bool is_chunked = true;
    bool has_failed = false;

  private:
    Connection& connection_;
    std::chrono::milliseconds write_time_;
};

/// Two headers of that name are as good as none: they may be of two traces.
TraceContext span_of(const Headers& headers) {
    if (headers.count("traceparent") != 1) return TraceContext::begin();
    const Result<TraceContext> caller = TraceContext::parse(headers.get("traceparent"));
    return caller ? caller->next_span() : TraceContext::begin();
}

std::string text_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "not a std::exception";
    }
}

}  // namespace

/// A request on its way in.
struct Session::Incoming {
    explicit Incoming(SessionContext& context) : parser(context.options.limits), share(context) {}

    RequestParser parser;
    BodyShare share;
    Clock::time_point begin = Clock::now();
    Target target;
    /// Answer this and close.
    std::optional<Problem> problem;
    /// Close without an answer.
    bool is_broken = false;
};

/// An answer on its way out.
struct Session::Outgoing {
    Response response;
    std::string method;
    std::string path;
    bool accepts_gzip = false;
    Framing framing;
};

Session::Session(std::shared_ptr<Connection> connection, std::shared_ptr<SessionContext> context)
    : connection_(std::move(connection)), context_(std::move(context)) {}

awaitable<void> Session::run() {
    bool goes_on = co_await greet();
    while (goes_on) {
        goes_on = co_await serve_one();
    }
    connection_->close();
}

awaitable<void> Session::turn_away(Problem problem) {
    const bool is_greeted = co_await greet();
    if (is_greeted) co_await refuse(std::move(problem));
    connection_->close();
}

/// True once requests may come. Who speaks plain HTTP where TLS is spoken is told so.
awaitable<bool> Session::greet() {
    if (!connection_->is_encrypted()) co_return true;
    const Result<bool> secured = co_await secure();
    if (!secured.has_value()) {
        log::debug(
            "no TLS with a client",
            {{"client", connection_->remote_address()}, {"reason", secured.error().message}});
        co_return false;
    }
    if (*secured) co_return true;
    Problem problem;
    problem.status = 400;
    problem.message = "this port speaks TLS; the URL must begin with https://";
    co_await refuse(std::move(problem));
    co_return false;
}

Task<bool> Session::secure() {
    const HandshakePlace place(*context_);
    if (!place.is_free()) co_return Error{ErrorCode::unavailable, "too many handshakes"};
    if (context_->draining->has_fired()) co_return Error{ErrorCode::cancelled, "draining"};
    const Deadline deadline = Deadline::after(context_->options.limits.handshake_time);
    idle_ = true;
    Result<bool> secured = co_await connection_->secure(deadline);
    idle_ = false;
    co_return secured;
}

/// Answers with the problem before anything is read.
awaitable<void> Session::refuse(Problem problem) {
    Outgoing outgoing;
    outgoing.response = render(problem, "");
    outgoing.framing.keep_alive = false;
    const bool sent = co_await reply(outgoing);
    if (sent) co_await linger();
}

void Session::drain() {
    if (idle_) connection_->close();
}

awaitable<bool> Session::serve_one() {
    const bool has_bytes = co_await await_request();
    if (!has_bytes) co_return false;
    Incoming incoming(*context_);
    co_await receive_head(incoming);
    if (!incoming.problem && !incoming.is_broken) co_await receive_body(incoming);
    if (incoming.is_broken) co_return false;

    Outgoing outgoing;
    outgoing.path = incoming.target.path;
    if (incoming.parser.has_head()) {
        const RequestHead& head = incoming.parser.head();
        outgoing.method = head.method;
        outgoing.accepts_gzip = accepts_gzip(head.headers);
        outgoing.framing.is_http10 = head.is_http10;
        outgoing.framing.keep_alive = head.keep_alive;
        outgoing.framing.trace = span_of(head.headers);
    }
    if (incoming.problem) {
        const std::string address = connection_->remote_address();
        log::debug(
            "request refused",
            {{"path", outgoing.path},
             {"status", incoming.problem->status},
             {"reason", incoming.problem->message},
             {"address", address},
             {"trace", trace_id_of(outgoing.framing.trace)}});
        outgoing.response = render(*incoming.problem, outgoing.path);
        outgoing.framing.keep_alive = false;
    } else {
        Request request = make_request(incoming);
        request.trace = outgoing.framing.trace.value_or(request.trace);
        connection_->watch_hangup(request.client_gone);
        outgoing.response = co_await answer(std::move(request));
    }
    outgoing.framing.seconds = std::chrono::duration<double>(Clock::now() - incoming.begin).count();
    const bool sent = co_await reply(outgoing);
    connection_->stop_watching();
    ++served_;
    if (sent && incoming.problem) co_await linger();
    co_return sent&& outgoing.framing.keep_alive;
}

awaitable<bool> Session::await_request() {
    if (context_->draining->has_fired()) co_return false;
    if (!pending_.empty()) co_return true;
    const Limits& limits = context_->options.limits;
    const Deadline deadline = Deadline::after(served_ == 0 ? limits.header_time : limits.idle_time);
    idle_ = true;
    const Result<std::size_t> count = co_await read_more(deadline);
    idle_ = false;
    co_return count.has_value() && count.value() > 0;
}

awaitable<void> Session::receive_head(Incoming& incoming) {
    const Deadline deadline = Deadline::after(context_->options.limits.header_time);
    for (;;) {
        pending_.erase(0, incoming.parser.feed(pending_));
        if (incoming.parser.problem() || incoming.parser.has_head()) break;
        const Result<std::size_t> count = co_await read_more(deadline);
        if (!note_read(count, incoming)) co_return;
    }
    incoming.begin = Clock::now();
    incoming.problem = incoming.parser.problem();
    if (incoming.problem) co_return;
    const RequestHead& head = incoming.parser.head();
    Result<Target> target = parse_target(head.target);
    if (!target.has_value()) {
        incoming.problem.emplace();
        incoming.problem->status = 400;
        incoming.problem->message = target.error().message;
        co_return;
    }
    incoming.target = *std::move(target);
    incoming.problem = check_host(context_->options.hosts, head.headers, incoming.target.authority);
}

awaitable<void> Session::receive_body(Incoming& incoming) {
    RequestParser& parser = incoming.parser;
    const Limits& limits = context_->options.limits;
    Deadline deadline = Deadline::after(limits.body_time);
    if (parser.head().expects_continue && !parser.is_complete() && pending_.empty()) {
        const Result<void> written = co_await connection_->write(kContinue, deadline);
        incoming.is_broken = !written.has_value();
    }
    std::size_t mark = 0;
    while (!incoming.is_broken) {
        pending_.erase(0, parser.feed(pending_));
        incoming.problem = parser.problem();
        if (!incoming.share.hold(parser.body_bytes())) {
            incoming.problem.emplace();
            incoming.problem->status = 503;
            incoming.problem->message = "the server holds too many request bodies; try again";
            incoming.problem->headers.add("Retry-After", "1");
        }
        if (incoming.problem || parser.is_complete()) break;
        if (parser.body_bytes() >= mark + kBodyStepBytes) {
            mark = parser.body_bytes();
            deadline = Deadline::after(limits.body_time);
        }
        const Result<std::size_t> count = co_await read_more(deadline);
        if (!note_read(count, incoming)) break;
    }
}

Task<std::size_t> Session::read_more(Deadline deadline) {
    const std::size_t before = pending_.size();
    pending_.resize(before + kReadBytes);
    const std::span<char> space(pending_.data() + before, kReadBytes);
    Result<std::size_t> count = co_await connection_->read_some(space, deadline);
    pending_.resize(before + (count.has_value() ? count.value() : 0));
    co_return count;
}

bool Session::note_read(const Result<std::size_t>& count, Incoming& incoming) const {
    if (count.has_value() && count.value() > 0) return true;
    if (!count.has_value() && count.error().code == ErrorCode::deadline_exceeded) {
        incoming.problem.emplace();
        incoming.problem->status = 408;
        incoming.problem->message = "the request did not arrive in time";
    } else {
        incoming.is_broken = true;
    }
    return false;
}

Request Session::make_request(Incoming& incoming) const {
    const RequestHead& head = incoming.parser.head();
    Request request;
    request.method = head.method;
    request.target = head.target;
    request.location = std::move(incoming.target);
    request.headers = head.headers;
    request.body = incoming.parser.take_body();
    request.remote_address = connection_->remote_address();
    request.is_loopback = connection_->is_loopback();
    request.is_encrypted = connection_->is_encrypted();
    request.draining = context_->draining;
    return request;
}

awaitable<Response> Session::answer(Request request) {
    const std::string path = request.location.path;
    const TraceContext trace = request.trace;
    std::exception_ptr failure;
    try {
        Response response = co_await context_->handler(std::move(request));
        co_return response;
    } catch (...) {
        failure = std::current_exception();
    }
    const boost::asio::cancellation_state state =
        co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
        std::rethrow_exception(failure);
    }
    Problem problem;
    problem.message = reason_phrase(problem.status);
    problem.cause = text_of(failure);
    log::error(
        "request handler threw",
        {{"path", path}, {"error", problem.cause}, {"trace", trace.trace_id()}});
    co_return render(problem, path);
}

Response Session::render(const Problem& problem, std::string_view path) const {
    Response response = context_->options.render(problem, path);
    for (const auto& [name, value] : problem.headers)
        response.headers.set(name, value);
    return response;
}

awaitable<bool> Session::reply(Outgoing& outgoing) {
    Framing& framing = outgoing.framing;
    if (context_->draining->has_fired()) framing.keep_alive = false;
    bool sent = false;
    if (outgoing.response.stream) {
        sent = co_await send_stream(outgoing);
    } else {
        sent = co_await send_body(outgoing);
    }
    if (context_->options.observe) {
        const Response& response = outgoing.response;
        Exchange exchange;
        exchange.method = outgoing.method;
        exchange.path = outgoing.path;
        exchange.route = response.route;
        exchange.remote_address = connection_->remote_address();
        exchange.status = response.status;
        exchange.seconds = framing.seconds;
        context_->options.observe(exchange);
    }
    co_return sent;
}

awaitable<bool> Session::send_body(Outgoing& outgoing) {
    Response& response = outgoing.response;
    const bool compressible = response.body.size() >= kCompressFromBytes &&
                              response.headers.count("Content-Encoding") == 0 &&
                              is_compressible(response.headers.get("Content-Type"));
    if (compressible) {
        response.headers.add("Vary", "Accept-Encoding");
        if (outgoing.accepts_gzip) co_await compress(response);
    }
    outgoing.framing.length = response.body.size();
    const bool is_bare = outgoing.method == "HEAD" || !has_body(response.status);
    const std::string_view body = is_bare ? std::string_view() : std::string_view(response.body);
    std::string first = response_head(response, outgoing.framing);
    std::size_t offset = std::min(body.size(), kBodyStepBytes);
    first += body.substr(0, offset);
    const std::chrono::milliseconds time = context_->options.limits.write_time;
    Result<void> written = co_await connection_->write(first, Deadline::after(time));
    while (written.has_value() && offset < body.size()) {
        const std::string_view piece = body.substr(offset, kWriteBytes);
        written = co_await connection_->write(piece, Deadline::after(time));
        offset += piece.size();
    }
    co_return written.has_value();
}

awaitable<bool> Session::send_stream(Outgoing& outgoing) {
    Framing& framing = outgoing.framing;
    framing.length.reset();
    if (framing.is_http10) framing.keep_alive = false;
    StreamWriter writer(*connection_, context_->options.limits.write_time);
    writer.is_chunked = !framing.is_http10;
    const std::string head = response_head(outgoing.response, framing);
    const Deadline deadline = Deadline::after(context_->options.limits.write_time);
    const Result<void> written = co_await connection_->write(head, deadline);
    if (!written.has_value()) co_return false;
    if (outgoing.method == "HEAD") co_return true;
    std::exception_ptr failure;
    try {
        co_await outgoing.response.stream(writer);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        const boost::asio::cancellation_state state =
            co_await boost::asio::this_coro::cancellation_state;
        if (state.cancelled() != boost::asio::cancellation_type::none) co_return false;
        log::error(
            "response stream threw",
            {{"path", outgoing.path},
             {"error", text_of(failure)},
             {"trace", trace_id_of(framing.trace)}});
        co_return false;
    }
    if (writer.has_failed) co_return false;
    if (framing.is_http10) co_return true;
    constexpr std::string_view kLastChunk = "0\r\n\r\n";
    const Deadline end = Deadline::after(context_->options.limits.write_time);
    const Result<void> ended = co_await connection_->write(kLastChunk, end);
    co_return ended.has_value();
}

awaitable<void> Session::compress(Response& response) {
    GzipEncoder encoder;
    const std::string_view body = response.body;
    for (std::size_t offset = 0; offset < body.size(); offset += kCompressStepBytes) {
        if (offset > 0) co_await runtime::yield_thread();
        encoder.append(body.substr(offset, kCompressStepBytes));
    }
    response.body = encoder.finish();
    response.headers.add("Content-Encoding", "gzip");
}

awaitable<void> Session::linger() {
    connection_->shutdown_send();
    idle_ = true;
    const Deadline deadline = Deadline::after(context_->options.limits.linger_time);
    for (;;) {
        pending_.clear();
        const Result<std::size_t> count = co_await read_more(deadline);
        if (!count.has_value() || count.value() == 0) break;
    }
}

}  // namespace darkroom::http
