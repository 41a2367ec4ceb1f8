// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "http/server.h"
#include "http/server_fixture.h"
#include "runtime/async_event.h"
#include "runtime/sleep.h"

namespace darkroom::http {
namespace {

using boost::asio::awaitable;
using runtime::AsyncEvent;
using runtime::Deadline;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;

/// A handler that says when it has begun and answers when it is let go.
class Gate {
  public:
    Handler handler() {
        return [this](Request request) { return pass(std::move(request)); };
    }

    AsyncEvent entered;
    AsyncEvent opened;

  private:
    awaitable<Response> pass(Request request) {
        entered.notify_all();
        const Result<void> waited = co_await opened.wait(0, Deadline::after(seconds(10)));
        co_return text_response(waited.has_value() ? 200 : 599, request.body);
    }
};

/// A handler that ends when its client goes away.
class Devoted {
  public:
    Handler handler() {
        return [this](Request request) { return serve(std::move(request)); };
    }

    AsyncEvent entered;
    AsyncEvent abandoned;

  private:
    awaitable<Response> serve(Request request) {
        entered.notify_all();
        const Result<void> gone =
            co_await request.client_gone->wait(0, Deadline::after(seconds(10)));
        if (gone.has_value()) abandoned.notify_all();
        co_return text_response(200, "too late");
    }
};

/// Streams until the server drains.
awaitable<void> stream_until(std::shared_ptr<AsyncEvent> draining, BodyWriter& writer) {
    std::string first = "first";
    const Result<void> written = co_await writer.write(std::move(first));
    if (!written.has_value()) co_return;
    const Result<void> drained = co_await draining->wait(0, Deadline::after(seconds(10)));
    std::string last = drained.has_value() ? "last" : "late";
    const Result<void> ended = co_await writer.write(std::move(last));
    if (!ended.has_value()) co_return;
}

class ServerStop : public ServerTest {
  protected:
    bool happens(const AsyncEvent& event) {
        const Deadline deadline = Deadline::after(seconds(10));
        return runtime::block_on(io_.executor(), event.wait(0, deadline)).has_value();
    }

    Result<void> drain(milliseconds patience) {
        const Deadline deadline = Deadline::after(patience);
        return runtime::block_on(io_.executor(), server_->drain(deadline));
    }

    bool refuses_connections() const {
        try {
            const RawSocket socket(port());
            return false;
        } catch (const ContractViolation&) {
            return true;
        }
    }
};

TEST_F(ServerStop, DrainFinishesRunningRequestsAndClosesIdleConnections) {
    Gate gate;
    router_.add("POST", "/slow", gate.handler());
    router_.add("GET", "/", immediate(echo));
    start();
    RawSocket idle(port());
    idle.send(plain_get("/"));
    EXPECT_THAT(idle.read_response(), EndsWith("GET / "));
    RawSocket fresh(port());
    RawSocket busy(port());
    busy.send("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody");
    ASSERT_TRUE(happens(gate.entered));

    std::optional<Result<void>> outcome;
    std::jthread drainer([&] { outcome = drain(seconds(10)); });
    EXPECT_TRUE(idle.is_closed());
    EXPECT_TRUE(fresh.is_closed());
    EXPECT_FALSE(outcome.has_value());
    gate.opened.notify_all();
    const std::string answer = busy.read_to_end();
    drainer.join();
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("body"));
    EXPECT_TRUE(outcome->has_value());
    EXPECT_TRUE(refuses_connections());
    EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ServerStop, DrainCutsWhatIsLeftAtItsDeadline) {
    Gate gate;
    router_.add("POST", "/slow", gate.handler());
    start();
    RawSocket busy(port());
    busy.send("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(happens(gate.entered));
    const Result<void> outcome = drain(milliseconds(20));
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, ErrorCode::deadline_exceeded);
    EXPECT_TRUE(busy.is_closed());
    EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ServerStop, DrainTellsStreams) {
    router_.add("GET", "/events", immediate([](const Request& request) {
                    Response response;
                    response.stream = [draining = request.draining](BodyWriter& writer) {
                        return stream_until(draining, writer);
                    };
                    return response;
                }));
    start();
    RawSocket socket(port());
    socket.send(plain_get("/events"));
    EXPECT_THAT(socket.read_until("first\r\n"), EndsWith("5\r\nfirst\r\n"));
    EXPECT_TRUE(drain(seconds(10)));
    EXPECT_EQ(socket.read_to_end(), "4\r\nlast\r\n0\r\n\r\n");
}

TEST_F(ServerStop, DestructionCutsRunningRequests) {
    Gate gate;
    router_.add("POST", "/slow", gate.handler());
    start();
    RawSocket busy(port());
    busy.send("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(happens(gate.entered));
    server_.reset();
    EXPECT_TRUE(busy.is_closed());
}

TEST_F(ServerStop, ThreadsMayStopBeforeTheServerIsDestroyed) {
    auto threads = std::make_unique<runtime::IoThreads>(2);
    Gate gate;
    router_.add("POST", "/slow", gate.handler());
    auto server = Server::start(threads->executor(), ServerOptions(), router_.handler()).value();
    RawSocket busy(server->port());
    busy.send("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    ASSERT_TRUE(happens(gate.entered));
    threads->stop();
    server.reset();
    threads.reset();
    EXPECT_TRUE(busy.is_closed());
}

TEST_F(ServerStop, AHandlerLearnsThatItsClientIsGone) {
    Devoted devoted;
    router_.add("GET", "/", devoted.handler());
    start();
    {
        RawSocket socket(port());
        socket.send(plain_get("/"));
        ASSERT_TRUE(happens(devoted.entered));
    }
    EXPECT_TRUE(happens(devoted.abandoned));
}

TEST_F(ServerStop, AClientThatOnlyClosesItsSendingHalfGetsItsAnswer) {
    Devoted devoted;
    router_.add("GET", "/", devoted.handler());
    start();
    EXPECT_THAT(exchange(plain_get("/")), EndsWith("too late"));
    EXPECT_TRUE(devoted.abandoned.has_fired());
}

}  // namespace
}  // namespace darkroom::http
