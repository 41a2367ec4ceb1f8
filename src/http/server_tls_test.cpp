// SPDX-License-Identifier: Apache-2.0
// The server under TLS.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server_fixture.h"
#include "http/tls_fixture.h"
#include "runtime/async_event.h"

namespace darkroom::http {
namespace {

using boost::asio::awaitable;
using runtime::AsyncEvent;
using runtime::Deadline;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// A TLS client that chooses its bytes itself.
class TlsSocket {
  public:
    explicit TlsSocket(std::uint16_t port) : socket_(port) {
        while (channel_.shake_hands().value() == TlsChannel::Handshake::wants_more) {
            socket_.send(channel_.take_outgoing());
            const std::string answer = socket_.read_some();
            DARKROOM_CHECK(!answer.empty(), "no handshake");
            channel_.feed(answer);
        }
        socket_.send(channel_.take_outgoing());
    }

    void send(std::string_view bytes) {
        DARKROOM_CHECK(channel_.write(bytes).has_value(), "cannot encipher");
        socket_.send(channel_.take_outgoing());
    }
    /// Says that no more comes, but listens on.
    void say_goodbye() {
        channel_.close();
        socket_.send(channel_.take_outgoing());
    }

    /// Everything up to and including `mark`, or up to the end.
    std::string read_until(std::string_view mark) {
        std::string text;
        while (mark.empty() || text.find(mark) == std::string::npos) {
            std::array<char, 1000> space{};
            const auto count = channel_.read(space);
            if (!count) break;
            if (!*count) {
                const std::string more = socket_.read_some();
                if (more.empty()) break;
                channel_.feed(more);
                continue;
            }
            if (**count == 0) {
                has_ended_ = true;
                break;
            }
            text.append(space.data(), **count);
        }
        return text;
    }
    /// Up to the end.
    std::string read_to_end() { return read_until(""); }
    /// The other side said goodbye; it was not cut off.
    [[nodiscard]] bool has_ended() const { return has_ended_; }

  private:
    RawSocket socket_;
    TlsChannel channel_ = TlsContext::of_client(kTlsFiles.certificate).value().connect("localhost");
    bool has_ended_ = false;
};

/// A client that falls silent in the middle of the handshake.
class HalfwaySocket {
  public:
    explicit HalfwaySocket(std::uint16_t port) : socket_(port) {
        TlsChannel channel =
            TlsContext::of_client(kTlsFiles.certificate).value().connect("localhost");
        DARKROOM_CHECK(channel.shake_hands().has_value(), "no beginning");
        socket_.send(channel.take_outgoing());
        was_answered_ = !socket_.read_some().empty();
    }
    [[nodiscard]] bool was_answered() const { return was_answered_; }

  private:
    RawSocket socket_;
    bool was_answered_ = false;
};

/// Sends a line, then one more for each time it is let on, and ends when the server drains.
awaitable<void> stream_lines(
    std::shared_ptr<AsyncEvent> go, std::shared_ptr<AsyncEvent> draining, BodyWriter& writer) {
    std::string first = "first\n";
    const Result<void> begun = co_await writer.write(std::move(first));
    if (!begun.has_value()) co_return;
    const Result<void> told = co_await go->wait(0, Deadline::after(seconds(10)));
    std::string second = told.has_value() ? "second\n" : "late\n";
    const Result<void> gone_on = co_await writer.write(std::move(second));
    if (!gone_on.has_value()) co_return;
    const Result<void> drained = co_await draining->wait(0, Deadline::after(seconds(10)));
    std::string last = drained.has_value() ? "last\n" : "late\n";
    const Result<void> ended = co_await writer.write(std::move(last));
    if (!ended.has_value()) co_return;
}

class ServerTls : public ServerTest {
  protected:
    ServerTls() {
        router_.add("GET", "/", immediate(echo));
        router_.add("POST", "/", immediate(echo));
        router_.add("GET", "/scheme", immediate([](const Request& request) {
                        return text_response(200, request.is_encrypted ? "https" : "http");
                    }));
        router_.add("GET", "/devoted", [this](Request request) { return wait_for_end(request); });
        router_.add("GET", "/lines", immediate([this](const Request& request) {
                        Response response;
                        response.stream = [this, draining = request.draining](BodyWriter& writer) {
                            return stream_lines(go_, draining, writer);
                        };
                        return response;
                    }));
    }

    void start_tls(const Limits& limits = {}) {
        ServerOptions options;
        options.limits = limits;
        options.tls = std::make_shared<const TlsContext>(TlsContext::of_server(kTlsFiles).value());
        start(std::move(options));
    }

    Result<ClientResponse> fetch(const std::string& path, std::string body = "") const {
        ClientRequest request;
        request.method = body.empty() ? "GET" : "POST";
        request.url = server_->url() + path;
        request.body = std::move(body);
        request.authorities = kTlsFiles.certificate;
        return fetch_blocking(std::move(request), seconds(10));
    }

    bool happens(const AsyncEvent& event) {
        const Deadline deadline = Deadline::after(seconds(10));
        return runtime::block_on(io_.executor(), event.wait(0, deadline)).has_value();
    }

    Result<void> drain(milliseconds patience) {
        const Deadline deadline = Deadline::after(patience);
        return runtime::block_on(io_.executor(), server_->drain(deadline));
    }

    std::shared_ptr<AsyncEvent> go_ = std::make_shared<AsyncEvent>();
    AsyncEvent entered_;
    AsyncEvent abandoned_;

  private:
    awaitable<Response> wait_for_end(Request request) {
        entered_.notify_all();
        const Result<void> gone =
            co_await request.client_gone->wait(0, Deadline::after(seconds(10)));
        if (gone.has_value()) abandoned_.notify_all();
        co_return text_response(200, "too late");
    }
};

TEST_F(ServerTls, ARequestAndItsAnswerGoThrough) {
    start_tls();
    EXPECT_THAT(server_->url(), StartsWith("https://127.0.0.1:"));
    EXPECT_EQ(fetch("/").value().body, "GET / ");
    EXPECT_EQ(fetch("/scheme").value().body, "https");
}

TEST_F(ServerTls, LargeBodiesGoThroughBothWays) {
    start_tls();
    std::string body;
    for (std::size_t i = 0; i < 3'000'000; ++i)
        body += static_cast<char>('a' + i % 23);
    const ClientResponse response = fetch("/", body).value();
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(response.body == "POST / " + body);
}

TEST_F(ServerTls, OneConnectionServesManyRequestsAndEndsWithAGoodbye) {
    start_tls();
    TlsSocket socket(port());
    for (const char* path : {"/", "/?2", "/?3"}) {
        socket.send(plain_get(path));
        EXPECT_THAT(socket.read_until("GET / "), StartsWith("HTTP/1.1 200 OK\r\n"));
    }
    socket.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(socket.read_to_end(), EndsWith("GET / "));
    EXPECT_TRUE(socket.has_ended());
}

TEST_F(ServerTls, AnEventStreamComesAsItIsWrittenAndEndsWhenTheServerDrains) {
    start_tls();
    TlsSocket socket(port());
    socket.send(plain_get("/lines"));
    EXPECT_THAT(socket.read_until("first\n\r\n"), EndsWith("6\r\nfirst\n\r\n"));
    go_->notify_all();
    EXPECT_THAT(socket.read_until("second\n\r\n"), EndsWith("7\r\nsecond\n\r\n"));
    std::optional<Result<void>> outcome;
    std::jthread drainer([&] { outcome = drain(seconds(10)); });
    EXPECT_THAT(socket.read_to_end(), EndsWith("5\r\nlast\n\r\n0\r\n\r\n"));
    drainer.join();
    EXPECT_TRUE(outcome->has_value());
    EXPECT_TRUE(socket.has_ended());
}

TEST_F(ServerTls, AClientThatGoesIsNoticedWhileItsRequestIsServed) {
    start_tls();
    {
        TlsSocket socket(port());
        socket.send(plain_get("/devoted"));
        ASSERT_TRUE(happens(entered_));
    }
    EXPECT_TRUE(happens(abandoned_));
}

TEST_F(ServerTls, AClientThatOnlySaysGoodbyeGetsItsAnswer) {
    start_tls();
    TlsSocket socket(port());
    socket.send(plain_get("/devoted"));
    ASSERT_TRUE(happens(entered_));
    socket.say_goodbye();
    EXPECT_THAT(socket.read_until("too late"), EndsWith("too late"));
    EXPECT_TRUE(abandoned_.has_fired());
}

TEST_F(ServerTls, PlainHttpIsToldToSpeakTls) {
    start_tls();
    const std::string answer = exchange(plain_get("/"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(answer, HasSubstr("https://"));
    EXPECT_TRUE(connections_become(0));
}

TEST_F(ServerTls, BytesThatAreNothingEndTheConnection) {
    start_tls();
    RawSocket socket(port());
    socket.send(std::string(1'000, '\x01'));
    socket.read_to_end();
    EXPECT_TRUE(connections_become(0));
    EXPECT_EQ(fetch("/").value().status, 200);
}

TEST_F(ServerTls, ASilentPeerIsCutAtItsDeadline) {
    Limits limits;
    limits.handshake_time = milliseconds(50);
    start_tls(limits);
    RawSocket silent(port());
    EXPECT_EQ(silent.read_to_end(), "");
    RawSocket slow(port());
    // The beginning of a record that is never finished.
    slow.send(std::string_view("\x16\x03\x01\x02\x00\x01", 6));
    EXPECT_EQ(slow.read_to_end(), "");
    EXPECT_TRUE(connections_become(0));
}

TEST_F(ServerTls, SilentPeersTakeNoMoreThanTheirPart) {
    Limits limits;
    limits.handshakes = 2;
    start_tls(limits);
    const HalfwaySocket first(port());
    auto second = std::make_unique<HalfwaySocket>(port());
    EXPECT_TRUE(first.was_answered() && second->was_answered());
    EXPECT_FALSE(HalfwaySocket(port()).was_answered());
    second.reset();
    ASSERT_TRUE(connections_become(1));
    EXPECT_EQ(fetch("/").value().status, 200);
}

TEST_F(ServerTls, AnAgreedConnectionTakesNoPlaceOfAHandshake) {
    Limits limits;
    limits.handshakes = 1;
    start_tls(limits);
    TlsSocket open(port());
    open.send(plain_get("/"));
    open.read_until("GET / ");
    EXPECT_EQ(fetch("/").value().status, 200);
}

TEST_F(ServerTls, AConnectionTooManyIsTurnedAwayUnderTls) {
    Limits limits;
    limits.connections = 1;
    start_tls(limits);
    TlsSocket open(port());
    open.send(plain_get("/"));
    open.read_until("GET / ");
    EXPECT_EQ(fetch("/").value().status, 503);
}

TEST_F(ServerTls, DrainClosesHandshakesAndIdleConnections) {
    start_tls();
    RawSocket silent(port());
    TlsSocket idle(port());
    idle.send(plain_get("/"));
    idle.read_until("GET / ");
    ASSERT_TRUE(connections_become(2));
    EXPECT_TRUE(drain(seconds(10)));
    EXPECT_EQ(idle.read_to_end(), "");
    EXPECT_TRUE(idle.has_ended());
    EXPECT_TRUE(silent.is_closed());
}

TEST_F(ServerTls, DestructionCutsRunningRequests) {
    start_tls();
    TlsSocket busy(port());
    busy.send(plain_get("/devoted"));
    ASSERT_TRUE(happens(entered_));
    server_.reset();
    EXPECT_EQ(busy.read_to_end(), "");
}

TEST_F(ServerTls, AClientBelievesOnlyWhatItsAuthoritiesSay) {
    start_tls();
    ClientRequest request;
    request.url = server_->url() + "/";
    const auto refused = fetch_blocking(std::move(request), seconds(10));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("does not prove who it is"));
    EXPECT_TRUE(connections_become(0));
}

}  // namespace
}  // namespace darkroom::http
