// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "base/guarded.h"
#include "http/gzip.h"
#include "http/server_fixture.h"
#include "runtime/sleep.h"

namespace darkroom::http {
namespace {

using boost::asio::awaitable;
using runtime::Deadline;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

awaitable<Response> throw_late(Request /*request*/) {
    co_await runtime::yield_thread();
    throw std::runtime_error("the enlarger fell over");
}

awaitable<void> write_three(BodyWriter& writer) {
    for (int i = 0; i < 3; ++i) {
        std::string piece = format("data: {}\n\n", i);
        const Result<void> written = co_await writer.write(std::move(piece));
        if (!written.has_value()) co_return;
        co_await runtime::yield_thread();
    }
}

awaitable<void> break_off(BodyWriter& writer) {
    std::string piece = "half";
    const Result<void> written = co_await writer.write(std::move(piece));
    if (written.has_value()) throw std::runtime_error("no more film");
}

Response streaming(const BodyStream& stream) {
    Response response;
    response.headers.add("Content-Type", "text/event-stream");
    response.stream = stream;
    return response;
}

TEST_F(ServerTest, AnswersARoute) {
    router_.add("POST", "/tasks/{id}", immediate([](const Request& request) {
                    EXPECT_TRUE(request.is_loopback);
                    EXPECT_EQ(request.remote_address, "127.0.0.1");
                    EXPECT_EQ(request.location.query.get("q"), "a b");
                    EXPECT_EQ(request.headers.get("taskid"), "T1");
                    return json_response(202, std::string(request.parameters.get("id")));
                }));
    start();
    const ClientResponse response = send("POST", "/tasks/x%2Fy?q=a+b", {{"taskId", "T1"}}, "{}");
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(response.body, "x/y");
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    EXPECT_THAT(
        std::string(response.headers.get("X-Process-Time")), MatchesRegex("[0-9]+\\.[0-9]{1,4}"));
    EXPECT_THAT(std::string(response.headers.get("Date")), EndsWith(" GMT"));
    EXPECT_EQ(response.headers.count("Access-Control-Allow-Origin"), 0U);
}

TEST_F(ServerTest, ATraceIsContinuedInASpanOfItsOwn) {
    constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
    constexpr const char* kSpan = "00f067aa0ba902b7";
    router_.add("GET", "/trace", immediate([](const Request& request) {
                    return text_response(200, request.trace.text());
                }));
    start();
    const std::string sent = std::string("00-") + kTrace + "-" + kSpan + "-01";
    const ClientResponse response = send("GET", "/trace", {{"TraceParent", sent}}, "");
    const Result<TraceContext> span = TraceContext::parse(response.headers.get("traceresponse"));
    ASSERT_TRUE(span);
    EXPECT_EQ(response.body, span->text());
    EXPECT_EQ(span->trace_id(), kTrace);
    EXPECT_NE(span->span_id(), kSpan);
    EXPECT_TRUE(span->is_sampled());
    const ClientResponse missing = send("GET", "/nothing", {{"traceparent", sent}}, "");
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(TraceContext::parse(missing.headers.get("traceresponse"))->trace_id(), kTrace);
}

TEST_F(ServerTest, WithoutATraceThatCanBeReadARequestBeginsOne) {
    router_.add("GET", "/a", immediate(echo));
    start();
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const std::vector<Headers> requests = {
        {},
        {{"traceparent", "nonsense"}},
        {{"traceparent", good + "-more"}},
        {{"traceparent", std::string(4'000, '0')}},
        {{"traceparent", good}, {"traceparent", good}}};
    std::set<std::string> traces = {"4bf92f3577b34da6a3ce929d0e0e4736"};
    for (const Headers& headers : requests) {
        const ClientResponse response = send("GET", "/a", headers, "");
        EXPECT_EQ(response.status, 200);
        const Result<TraceContext> span =
            TraceContext::parse(response.headers.get("traceresponse"));
        ASSERT_TRUE(span);
        EXPECT_TRUE(traces.emplace(span->trace_id()).second);
    }
}

TEST_F(ServerTest, UnknownPathsAndMethodsKeepTheConnection) {
    router_.add("GET", "/a", immediate(echo));
    start();
    RawSocket socket(port());
    socket.send(plain_get("/b"));
    EXPECT_THAT(socket.read_response(), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    socket.send("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string head = socket.read_until("\r\n\r\n");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_THAT(head, HasSubstr("Allow: GET\r\n"));
    socket.send(plain_get("/a/"));
    const std::string redirect = socket.read_response();
    EXPECT_THAT(redirect, StartsWith("HTTP/1.1 307 Temporary Redirect\r\n"));
    EXPECT_THAT(redirect, HasSubstr("Location: /a\r\n"));
    socket.send(plain_get("/a"));
    EXPECT_THAT(socket.read_response(), EndsWith("GET /a "));
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
    router_.add("GET", "/{n}", immediate(echo));
    start();
    std::string bytes;
    for (int i = 0; i < 50; ++i)
        bytes += plain_get(format("/{}", i));
    RawSocket socket(port());
    socket.send(bytes);
    for (int i = 0; i < 50; ++i) {
        EXPECT_THAT(socket.read_response(), EndsWith(format("GET /{} ", i)));
    }
}

TEST_F(ServerTest, Http10ClosesUnlessAsked) {
    router_.add("GET", "/", immediate(echo));
    start();
    RawSocket plain(port());
    plain.send("GET / HTTP/1.0\r\n\r\n");
    const std::string answer = plain.read_to_end();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("GET / "));

    RawSocket kept(port());
    kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(kept.read_response(), HasSubstr("Connection: keep-alive\r\n"));
    kept.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(kept.read_to_end(), EndsWith("GET / "));
}

TEST_F(ServerTest, ContinueIsSentBeforeTheBody) {
    router_.add("POST", "/", immediate(echo));
    start();
    RawSocket socket(port());
    socket.send(
        "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    socket.send("body");
    EXPECT_THAT(socket.read_response(), EndsWith("POST / body"));
}

TEST_F(ServerTest, LargeBodiesTravelBothWays) {
    router_.add("POST", "/", immediate([](const Request& request) {
                    Response response;
                    response.headers.add("Content-Type", "image/png");
                    response.body = request.body;
                    return response;
                }));
    start();
    std::string body;
    for (int i = 0; body.size() < 5'000'000; ++i)
        body += std::to_string(i);
    EXPECT_EQ(post("/", body).body, body);
}

TEST_F(ServerTest, ParallelRequestsGetTheirOwnAnswers) {
    router_.add("POST", "/{n}", immediate(echo));
    start();
    std::atomic<int> right{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 10; ++t) {
            threads.emplace_back([this, t, &right] {
                for (int i = 0; i < 10; ++i) {
                    const std::string path = format("/{}", t * 10 + i);
                    const ClientResponse response = post(path, "b");
                    if (response.body == "POST " + path + " b") ++right;
                }
            });
        }
    }
    EXPECT_EQ(right, 100);
}

TEST_F(ServerTest, ManyConnectionsOpenAtOnceAreServed) {
    router_.add("GET", "/", immediate(echo));
    start();
    std::vector<std::unique_ptr<RawSocket>> sockets;
    for (int i = 0; i < 100; ++i)
        sockets.push_back(std::make_unique<RawSocket>(port()));
    for (const auto& socket : sockets)
        socket->send(plain_get("/"));
    for (const auto& socket : sockets)
        EXPECT_THAT(socket->read_response(), EndsWith("GET / "));
    EXPECT_EQ(server_->connections(), 100U);
}

TEST_F(ServerTest, AThrowingHandlerIs500AndTheServerGoesOn) {
    router_.add("GET", "/bad", throw_late);
    router_.add("GET", "/good", immediate(echo));
    ServerOptions options;
    options.render = [](const Problem& problem, std::string_view path) {
        return text_response(
            problem.status, format("{}|{}|{}", path, problem.message, problem.cause));
    };
    start(std::move(options));
    testing::internal::CaptureStderr();
    RawSocket socket(port());
    socket.send(plain_get("/bad"));
    const std::string answer = socket.read_response();
    socket.send(plain_get("/good"));
    EXPECT_THAT(socket.read_response(), EndsWith("GET /good "));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
    EXPECT_THAT(answer, EndsWith("/bad|Internal Server Error|the enlarger fell over"));
    EXPECT_THAT(
        testing::internal::GetCapturedStderr(),
        HasSubstr("request handler threw path=/bad error=\"the enlarger fell over\""));
}

TEST_F(ServerTest, TheDefault500HidesTheCause) {
    router_.add("GET", "/bad", throw_late);
    start();
    testing::internal::CaptureStderr();
    const ClientResponse response = get("/bad");
    testing::internal::GetCapturedStderr();
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, R"({"detail":"Internal Server Error"})");
}

TEST_F(ServerTest, TextIsCompressedForClientsThatAcceptIt) {
    const std::string text = format("[{}]", std::string(300'000, '7'));
    router_.add("GET", "/big", immediate([&](const Request&) { return json_response(200, text); }));
    router_.add(
        "GET", "/small", immediate([](const Request&) { return json_response(200, "{}"); }));
    start();
    const ClientResponse packed = get("/big", {{"Accept-Encoding", "gzip, deflate"}});
    EXPECT_EQ(packed.headers.get("Content-Encoding"), "gzip");
    EXPECT_EQ(packed.headers.get("Vary"), "Accept-Encoding");
    EXPECT_LT(packed.body.size(), 10'000U);
    EXPECT_EQ(gunzip(packed.body, text.size()).value(), text);
    const ClientResponse plain = get("/big");
    EXPECT_EQ(plain.headers.count("Content-Encoding"), 0U);
    EXPECT_EQ(plain.body, text);
    EXPECT_EQ(get("/small", {{"Accept-Encoding", "gzip"}}).body, "{}");
}

TEST_F(ServerTest, ForeignHostsAndOriginsAreRefused) {
    router_.add("GET", "/", immediate(echo));
    start();
    const std::string host = exchange("GET / HTTP/1.1\r\nHost: evil.com\r\n\r\n");
    EXPECT_THAT(host, StartsWith("HTTP/1.1 421 "));
    EXPECT_THAT(host, HasSubstr("--allowed-host evil.com"));
    EXPECT_THAT(
        exchange("GET http://evil.com/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        StartsWith("HTTP/1.1 421 "));
    EXPECT_EQ(get("/", {{"Origin", "http://evil.com"}}).status, 403);
    EXPECT_EQ(get("/", {{"Origin", "null"}}).status, 403);
    EXPECT_EQ(get("/", {{"Origin", "http://127.0.0.1:1"}}).status, 403);
    EXPECT_EQ(get("/", {{"Origin", server_->url()}}).status, 200);
    EXPECT_THAT(
        exchange("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, TraversalInAnyEncodingIs400) {
    router_.add("GET", "/files/{path...}", immediate(echo));
    start();
    for (const std::string path :
         {"/files/../etc/passwd",
          "/files/%2e%2e/etc/passwd",
          "/files/..%2fetc",
          "/files/%2e%2e%5c",
          "/files/a%00b",
          "/files/%c0%ae%c0%ae/x",
          "/files/%",
          "/files/a%0d%0ab"}) {
        EXPECT_THAT(exchange(plain_get(path)), StartsWith("HTTP/1.1 400 ")) << path;
    }
    EXPECT_EQ(get("/files/a%20b.png").body, "GET /files/a b.png ");
}

TEST_F(ServerTest, StreamsAreChunkedAndKeepTheConnection) {
    router_.add("GET", "/events", immediate([](const Request&) { return streaming(write_three); }));
    router_.add("GET", "/a", immediate(echo));
    start();
    RawSocket socket(port());
    socket.send(plain_get("/events"));
    const std::string head = socket.read_until("\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
    EXPECT_EQ(
        socket.read_until("0\r\n\r\n"),
        "9\r\ndata: 0\n\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    socket.send(plain_get("/a"));
    EXPECT_THAT(socket.read_response(), EndsWith("GET /a "));
    EXPECT_EQ(get("/events").body, "data: 0\n\ndata: 1\n\ndata: 2\n\n");
}

TEST_F(ServerTest, StreamsToHttp10EndWithTheConnection) {
    router_.add("GET", "/events", immediate([](const Request&) { return streaming(write_three); }));
    start();
    RawSocket socket(port());
    socket.send("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(socket.read_to_end(), EndsWith("\r\n\r\ndata: 0\n\ndata: 1\n\ndata: 2\n\n"));
}

TEST_F(ServerTest, AStreamThatThrowsNeverLooksComplete) {
    router_.add("GET", "/events", immediate([](const Request&) { return streaming(break_off); }));
    start();
    testing::internal::CaptureStderr();
    RawSocket socket(port());
    socket.send(plain_get("/events"));
    EXPECT_THAT(socket.read_to_end(), EndsWith("4\r\nhalf\r\n"));
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no more film"));
}

TEST_F(ServerTest, ExchangesAreObserved) {
    Guarded<std::vector<std::string>> seen;
    router_.add("GET", "/tasks/{id}", immediate(echo));
    ServerOptions options;
    options.observe = [&seen](const Exchange& exchange) {
        seen.lock()->push_back(
            format("{} {} {} {}", exchange.method, exchange.path, exchange.route, exchange.status));
    };
    start(std::move(options));
    RawSocket socket(port());
    socket.send(plain_get("/tasks/1") + plain_get("/nothing") + "nonsense\r\n\r\n");
    socket.read_to_end();
    server_.reset();
    EXPECT_THAT(
        *seen.lock(),
        testing::ElementsAre("GET /tasks/1 /tasks/{id} 200", "GET /nothing  404", "   400"));
}

TEST_F(ServerTest, APortInUseIsAnErrorThatNamesItAndAWayOut) {
    start();
    ServerOptions options;
    options.port = port();
    const auto second = Server::start(io_.executor(), options, router_.handler());
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_THAT(second.error().message, HasSubstr(format("127.0.0.1 port {}", port())));
    EXPECT_THAT(second.error().message, HasSubstr("--port"));
}

TEST_F(ServerTest, AddressesThatCannotBeBoundAreErrors) {
    ServerOptions options;
    options.address = "not an address";
    const auto malformed = Server::start(io_.executor(), options, router_.handler());
    EXPECT_EQ(malformed.error().code, ErrorCode::invalid_argument);
    options.address = "203.0.113.7";
    const auto foreign = Server::start(io_.executor(), options, router_.handler());
    EXPECT_EQ(foreign.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace darkroom::http
