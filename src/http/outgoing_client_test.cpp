// SPDX-License-Identifier: Apache-2.0
#include "http/outgoing_client.h"

#include <stop_token>
#include <thread>

#include "base/format.h"
#include "http/server_fixture.h"
#include "runtime/block_on.h"
#include "runtime/sleep.h"

namespace darkroom::http {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;

awaitable<void> write_without_end(BodyWriter& writer) {
    while (true) {
        std::string piece(1'000, 'x');
        const Result<void> written = co_await writer.write(std::move(piece));
        if (!written) co_return;
    }
}

awaitable<void> drip(BodyWriter& writer) {
    while (true) {
        std::string piece = ".";
        const Result<void> written = co_await writer.write(std::move(piece));
        if (!written) co_return;
        const auto soon = runtime::Deadline::after(milliseconds(10));
        co_await runtime::sleep_until(soon);
    }
}

Response streamed(awaitable<void> (*stream)(BodyWriter&)) {
    Response response;
    response.stream = stream;
    return response;
}

Response moved(const char* target) {
    Response response;
    response.status = 302;
    response.headers.set("Location", target);
    return response;
}

class OutgoingTest : public ServerTest {
  protected:
    OutgoingTest() {
        const auto add = [&](const char* path, std::function<Response(const Request&)> function) {
            router_.add("POST", path, immediate(std::move(function)));
        };
        add("/echo", [](const Request& request) {
            return text_response(201, format("{} {}", request.headers.get("X-Test"), request.body));
        });
        add("/moved", [](const Request&) { return moved("/echo"); });
        add("/file", [](const Request&) { return moved("file:///etc/passwd"); });
        add("/endless", [](const Request&) { return streamed(write_without_end); });
        const Handler hang = [this](const Request& request) { return say_nothing(request); };
        router_.add("POST", "/silent", hang);
        router_.add("GET", "/silent", hang);
        add("/drip", [](const Request&) { return streamed(drip); });
        const auto add_file = [&](const char* path,
                                  std::function<Response(const Request&)> function) {
            router_.add("GET", path, immediate(std::move(function)));
        };
        add_file("/weights", [](const Request&) {
            return text_response(200, std::string(100'000, 'w'));
        });
        add_file("/away", [](const Request&) { return moved("/weights"); });
        add_file("/gone", [](const Request&) { return text_response(404, "no such file"); });
        add_file("/endless", [](const Request&) { return streamed(write_without_end); });
        add_file("/drip", [](const Request&) { return streamed(drip); });
        add("/headers", [](const Request&) {
            Response response;
            for (int i = 0; i < 20; ++i)
                response.headers.add("X-Long", std::string(4'000, 'x'));
            return response;
        });
        start();
    }

    ~OutgoingTest() override { server_.reset(); }

    /// Waits for the client to go.
    awaitable<Response> say_nothing(Request request) {
        silent_.notify_all();
        const auto never = runtime::Deadline::never();
        const Result<void> gone = co_await request.client_gone->wait(0, never);
        co_return text_response(gone ? 200 : 500, "");
    }

    /// Loopback is named, so plain http is let through to it.
    static OutgoingClient intranet(OutgoingLimits limits = {}) {
        return OutgoingClient(AddressPolicy::with_networks({"127.0.0.0/8", "::1"}).value(), limits);
    }
    Result<OutgoingAnswer> post(const std::string& path, OutgoingLimits limits = {}) {
        OutgoingRequest request{server_->url() + path};
        request.headers.set("X-Test", "yes");
        request.body = "{\"a\":1}";
        return intranet(limits).post(request);
    }

    runtime::AsyncEvent silent_;
};

TEST_F(OutgoingTest, ANamedNetworkGetsTheRequestAndItsAnswerComesBack) {
    const auto answer = post("/echo");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->body, "yes {\"a\":1}");
}

TEST_F(OutgoingTest, ARedirectIsAnAnswerLikeAnyOther) {
    EXPECT_EQ(post("/moved")->status, 302);
    EXPECT_EQ(post("/file")->status, 302);
}

TEST_F(OutgoingTest, AnAnswerIsTakenWithinItsLimits) {
    EXPECT_EQ(post("/endless").error().code, ErrorCode::payload_too_large);
    EXPECT_EQ(post("/headers").error().code, ErrorCode::payload_too_large);
    OutgoingLimits hasty;
    hasty.total_time = milliseconds(100);
    EXPECT_EQ(post("/drip", hasty).error().code, ErrorCode::deadline_exceeded);
}

/// The stop is asked for once the other side is known to wait.
TEST_F(OutgoingTest, AStopEndsARequestThatNobodyAnswers) {
    std::stop_source stop;
    const std::jthread stopper([&] {
        const auto soon = runtime::Deadline::after(std::chrono::seconds(10));
        EXPECT_TRUE(runtime::block_on(io_.executor(), silent_.wait(0, soon)));
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    OutgoingRequest request{server_->url() + "/silent"};
    request.stop = stop.get_token();
    EXPECT_EQ(intranet().post(request).error().code, ErrorCode::cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
    EXPECT_EQ(intranet().post(request).error().code, ErrorCode::cancelled) << "or it would hang";
}

TEST_F(OutgoingTest, AStopEndsADownloadThatDoesNotBegin) {
    std::stop_source stop;
    const std::jthread stopper([&] {
        const auto soon = runtime::Deadline::after(std::chrono::seconds(10));
        EXPECT_TRUE(runtime::block_on(io_.executor(), silent_.wait(0, soon)));
        stop.request_stop();
    });
    Download wanted{server_->url() + "/silent", 10, [](auto, auto) { return true; }};
    wanted.stop = stop.get_token();
    EXPECT_EQ(intranet().download(wanted).error().code, ErrorCode::cancelled);
}

TEST_F(OutgoingTest, AFileComesInPieces) {
    std::string file;
    Download wanted{server_->url() + "/weights", 100'000, {}};
    wanted.take = [&](std::string_view piece, std::uint64_t total) {
        EXPECT_EQ(total, 100'000U);
        file += piece;
        return true;
    };
    const auto end = intranet().download(wanted);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(*end, "");
    EXPECT_EQ(file, std::string(100'000, 'w'));
}

TEST_F(OutgoingTest, AFileThatIsElsewhereIsNotFollowed) {
    const Download wanted{server_->url() + "/away", 10, [](auto, auto) { return true; }};
    EXPECT_EQ(intranet().download(wanted).value(), server_->url() + "/weights");
}

TEST_F(OutgoingTest, ADownloadEndsAtItsLimitOrWhenItIsTold) {
    Download wanted{server_->url() + "/weights", 99'999, [](auto, auto) { return true; }};
    EXPECT_EQ(intranet().download(wanted).error().code, ErrorCode::payload_too_large);
    wanted.url = server_->url() + "/endless";
    EXPECT_EQ(intranet().download(wanted).error().code, ErrorCode::payload_too_large);
    wanted.take = [](auto, auto) { return false; };
    EXPECT_EQ(intranet().download(wanted).error().code, ErrorCode::cancelled);
    wanted.url = server_->url() + "/gone";
    EXPECT_EQ(intranet().download(wanted).error().code, ErrorCode::bad_upstream);
}

TEST_F(OutgoingTest, ADownloadEndsAtItsTimeAlsoWhileNothingComes) {
    Download wanted{server_->url() + "/drip", 10'000, [](auto, auto) { return true; }};
    wanted.total_time = milliseconds(100);
    EXPECT_EQ(intranet().download(wanted).error().code, ErrorCode::deadline_exceeded);
    wanted.url = server_->url() + "/silent";
    EXPECT_EQ(intranet().download(wanted).error().code, ErrorCode::deadline_exceeded);
}

/// Loopback and the like in every spelling that a resolver understands.
TEST_F(OutgoingTest, NoSpellingOfAnAddressThatIsNotPublicIsConnectedTo) {
    const OutgoingClient client{AddressPolicy()};
    for (const char* host : {"127.0.0.1",
                             "127.1",
                             "127.0.1",
                             "0x7f.1",
                             "0x7f000001",
                             "0177.0.0.1",
                             "2130706433",
                             "localhost",
                             "LOCALHOST",
                             "[::1]",
                             "[::ffff:127.0.0.1]",
                             "[::ffff:7f00:1]",
                             "0.0.0.0",
                             "0",
                             "[::]",
                             "10.0.0.1",
                             "172.16.0.1",
                             "192.168.0.1",
                             "169.254.169.254",
                             "100.64.0.1",
                             "[fd00::1]",
                             "[fe80::1]",
                             "[64:ff9b::7f00:1]",
                             "[2002:7f00:1::]",
                             "224.0.0.1"}) {
        const auto refused = client.post({format("https://{}:{}/echo", host, port())});
        ASSERT_FALSE(refused) << host;
        EXPECT_EQ(refused.error().code, ErrorCode::permission_denied)
            << host << ' ' << refused.error().message;
    }
}

TEST_F(OutgoingTest, PlainHttpGoesOnlyToNamedNetworks) {
    const OutgoingClient elsewhere{AddressPolicy::with_networks({"10.1.0.0/16"}).value()};
    const auto refused = elsewhere.post({server_->url() + "/echo"});
    EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
    const OutgoingClient strict{AddressPolicy()};
    EXPECT_EQ(strict.post({server_->url() + "/echo"}).error().code, ErrorCode::invalid_argument);
}

TEST_F(OutgoingTest, AServerWithoutACertificateIsNotTalkedTo) {
    const auto refused = intranet().post({format("https://127.0.0.1:{}/echo", port())});
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

TEST(OutgoingUrl, WhatMayNotBeSentToIsRefusedByItsText) {
    const OutgoingClient client{AddressPolicy()};
    for (const std::string& url :
         {std::string(),
          std::string("example.com"),
          std::string("http://example.com/"),
          std::string("file:///etc/passwd"),
          std::string("gopher://example.com/"),
          std::string("ftp://example.com/"),
          std::string("dict://example.com:2628/"),
          std::string("https://"),
          std::string("https://user@example.com/"),
          std::string("https://user:secret@example.com/"),
          std::string("https://example.com@127.0.0.1/"),
          std::string("https://:secret@example.com/"),
          std::string("https://example.com:25/"),
          std::string("https://example.com:22/"),
          std::string("https://example.com:0/"),
          std::string("https://example.com:65536/"),
          std::string("https://ex\xc3\xa4mple.com/"),
          std::string("https://example.com/\r\nX-Evil: 1"),
          std::string("https://example.com/ "),
          std::string("https://example.com/\0", 21),
          "https://example.com/" + std::string(2'048, 'x')}) {
        const Result<void> checked = client.check(url);
        ASSERT_FALSE(checked) << url;
        EXPECT_EQ(checked.error().code, ErrorCode::invalid_argument) << url;
    }
}

TEST(OutgoingUrl, AnAddressThatMayNeverBeConnectedToIsRefusedByItsText) {
    const OutgoingClient client{AddressPolicy()};
    for (const char* url :
         {"https://127.0.0.1/",
          "https://127.1/",
          "https://0x7f000001/",
          "https://2130706433/",
          "https://10.0.0.1:8443/",
          "https://169.254.169.254/latest",
          "https://[::1]/",
          "https://[::ffff:127.0.0.1]/",
          "https://[fd00::1]/",
          "https://localhost/",
          "https://LOCALHOST./",
          "https://a.localhost/"}) {
        const Result<void> checked = client.check(url);
        ASSERT_FALSE(checked) << url;
        EXPECT_EQ(checked.error().code, ErrorCode::permission_denied) << url;
    }
    const OutgoingClient intranet{AddressPolicy::with_networks({"10.1.0.0/16", "::1"}).value()};
    for (const char* url :
         {"https://10.1.2.3/", "http://10.1.2.3/", "http://localhost/", "http://a.example/"}) {
        EXPECT_TRUE(intranet.check(url)) << url;
    }
    for (const char* url : {"http://1.1.1.1/", "https://10.2.0.1/", "http://127.0.0.1/"})
        EXPECT_FALSE(intranet.check(url)) << url;
}

TEST(OutgoingUrl, WebAddressesPass) {
    const OutgoingClient client{AddressPolicy()};
    for (const char* url :
         {"https://example.com",
          "https://example.com/hook?a=b",
          "https://example.com:8443/",
          "HTTPS://EXAMPLE.COM/",
          "https://xn--exmple-cua.com/",
          "https://[2606:4700::1111]/"}) {
        EXPECT_TRUE(client.check(url)) << url;
    }
}

}  // namespace
}  // namespace darkroom::http
