// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "http/server.h"
#include "http/server_fixture.h"

namespace darkroom::http {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class ServerLimits : public ServerTest {
  protected:
    ServerLimits() {
        router_.add("GET", "/", immediate(echo));
        router_.add("POST", "/", immediate(echo));
    }

    void start_with(const Limits& limits) {
        ServerOptions options;
        options.limits = limits;
        start(std::move(options));
    }
};

const std::string kPost = "POST / HTTP/1.1\r\nHost: localhost\r\n";

TEST_F(ServerLimits, ADeclaredBodyOverTheLimitIs413BeforeItIsSent) {
    Limits limits;
    limits.body_bytes = 1000;
    start_with(limits);
    RawSocket socket(port());
    socket.send(kPost + "Content-Length: 1001\r\n\r\n");
    const std::string answer = socket.read_response();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("1000"));
    socket.shutdown_send();
    EXPECT_TRUE(socket.is_closed());
}

TEST_F(ServerLimits, AClientThatSendsOnStillReadsIts413) {
    Limits limits;
    limits.body_bytes = 1000;
    start_with(limits);
    EXPECT_EQ(post("/", std::string(3'000'000, 'x')).status, 413);
    EXPECT_EQ(post("/", std::string(1000, 'x')).status, 200);
}

TEST_F(ServerLimits, AChunkedBodyOverTheLimitIs413) {
    Limits limits;
    limits.body_bytes = 1000;
    start_with(limits);
    const std::string chunk = "190\r\n" + std::string(400, 'x') + "\r\n";
    EXPECT_THAT(
        exchange(kPost + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk),
        StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerLimits, HeadersOverTheLimitAre431) {
    start();
    EXPECT_THAT(
        exchange(
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n"),
        StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(exchange("GET /" + std::string(70'000, 'x')), StartsWith("HTTP/1.1 431 "));
    std::string many = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    for (int i = 0; i < 100'000; ++i)
        many += "a:b\r\n";
    EXPECT_THAT(exchange(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerLimits, AmbiguousAndMalformedRequestsAre400) {
    start();
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    for (const std::string& bytes :
         {kPost + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
          kPost + "Content-Length: 1\r\n" + chunked + "\r\n0\r\n\r\n",
          kPost + "Content-Length: -1\r\n\r\n",
          kPost + chunked + "\r\nfffffffffffffffff\r\n",
          std::string("nonsense\r\n\r\n"),
          std::string("GET / HTTP/1.1\r\n\r\n")}) {
        const std::string answer = exchange(bytes);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << bytes;
        EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
        EXPECT_THAT(answer, HasSubstr(R"({"detail":"malformed HTTP request)"));
    }
}

TEST_F(ServerLimits, CompressedBodiesAre415) {
    start();
    EXPECT_THAT(
        exchange(kPost + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"),
        StartsWith("HTTP/1.1 415 "));
}

TEST_F(ServerLimits, ASlowHeaderIsCutOff) {
    Limits limits;
    limits.header_time = milliseconds(50);
    start_with(limits);
    RawSocket socket(port());
    socket.send("GET / HTTP/1.1\r\nHost: loc");
    EXPECT_THAT(socket.read_response(), StartsWith("HTTP/1.1 408 "));
    socket.shutdown_send();
    EXPECT_TRUE(socket.is_closed());
}

TEST_F(ServerLimits, ASlowBodyIsCutOff) {
    Limits limits;
    limits.body_time = milliseconds(50);
    start_with(limits);
    RawSocket socket(port());
    socket.send(kPost + "Content-Length: 100\r\n\r\nab");
    EXPECT_THAT(socket.read_response(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerLimits, ABodyCutShortGetsNoAnswer) {
    start();
    EXPECT_EQ(exchange(kPost + "Content-Length: 100\r\n\r\nab"), "");
}

TEST_F(ServerLimits, AnIdleConnectionIsClosedSilently) {
    Limits limits;
    limits.idle_time = milliseconds(50);
    start_with(limits);
    RawSocket socket(port());
    socket.send(plain_get("/"));
    EXPECT_THAT(socket.read_response(), EndsWith("GET / "));
    EXPECT_TRUE(socket.is_closed());
}

TEST_F(ServerLimits, ARefusedClientThatNeverClosesIsCut) {
    Limits limits;
    limits.linger_time = milliseconds(50);
    start_with(limits);
    RawSocket socket(port());
    socket.send("nonsense\r\n\r\n");
    EXPECT_THAT(socket.read_to_end(), StartsWith("HTTP/1.1 400 "));
    EXPECT_TRUE(connections_become(0));
}

TEST_F(ServerLimits, AClientThatReadsNothingIsCut) {
    router_.add("GET", "/big", immediate([](const Request&) {
                    return text_response(200, std::string(30'000'000, 'x'));
                }));
    Limits limits;
    limits.write_time = milliseconds(100);
    start_with(limits);
    RawSocket stuck(port());
    stuck.send(plain_get("/big"));
    EXPECT_TRUE(connections_become(1));
    EXPECT_TRUE(connections_become(0));
}

TEST_F(ServerLimits, ConnectionsOverTheLimitAre503) {
    Limits limits;
    limits.connections = 2;
    start_with(limits);
    RawSocket first(port());
    RawSocket second(port());
    first.send(plain_get("/"));
    EXPECT_THAT(first.read_response(), EndsWith("GET / "));
    second.send(plain_get("/"));
    EXPECT_THAT(second.read_response(), EndsWith("GET / "));
    RawSocket third(port());
    const std::string answer = third.read_response();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
    third.shutdown_send();
    EXPECT_TRUE(third.is_closed());
    first.send(plain_get("/"));
    EXPECT_THAT(first.read_response(), EndsWith("GET / "));
}

TEST_F(ServerLimits, BodiesShareOneBudget) {
    Limits limits;
    limits.buffered_body_bytes = 100'000;
    start_with(limits);
    RawSocket holder(port());
    holder.send(kPost + "Expect: 100-continue\r\nContent-Length: 90001\r\n\r\n");
    holder.read_until("\r\n\r\n");
    holder.send(std::string(90'000, 'x'));
    // Refused now or, if the holder's bytes are still on their way, at one of the next attempts.
    const auto begin = std::chrono::steady_clock::now();
    int status = 0;
    while (status != 503 && std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)) {
        status = post("/", std::string(20'000, 'y')).status;
    }
    EXPECT_EQ(status, 503);
    holder.send("x");
    EXPECT_THAT(holder.read_response(), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(post("/", std::string(20'000, 'y')).status, 200);
}

}  // namespace
}  // namespace darkroom::http
