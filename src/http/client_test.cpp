// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "http/server_fixture.h"
#include "runtime/async_event.h"

namespace darkroom::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

ErrorCode failure_of(std::string url, milliseconds timeout = seconds(5)) {
    ClientRequest request;
    request.url = std::move(url);
    return fetch_blocking(std::move(request), timeout).error().code;
}

boost::asio::awaitable<Response> never_answer(Request request) {
    const runtime::Deadline deadline = runtime::Deadline::after(seconds(10));
    const Result<void> gone = co_await request.client_gone->wait(0, deadline);
    co_return text_response(gone.has_value() ? 200 : 599, "");
}

class Client : public ServerTest {};

TEST_F(Client, SendsMethodHeadersQueryAndBody) {
    router_.add("PUT", "/a", immediate([](const Request& request) {
                    return text_response(
                        201,
                        format(
                            "{} {} {}",
                            request.headers.get("X-Name"),
                            request.location.query.get("q"),
                            request.body));
                }));
    start();
    const ClientResponse response = send("PUT", "/a?q=1", {{"X-Name", "n"}}, "body");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "n 1 body");
}

TEST_F(Client, HeadHasNoBody) {
    router_.add(
        "HEAD", "/a", immediate([](const Request&) { return text_response(200, "12345"); }));
    start();
    const ClientResponse response = send("HEAD", "/a", {}, "");
    EXPECT_EQ(response.headers.get("Content-Length"), "5");
    EXPECT_EQ(response.body, "");
}

TEST_F(Client, GivesUpAtItsDeadline) {
    router_.add("GET", "/slow", never_answer);
    start();
    EXPECT_EQ(failure_of(server_->url() + "/slow", milliseconds(30)), ErrorCode::deadline_exceeded);
}

TEST_F(Client, AnAnswerOverTheLimitIsAnError) {
    router_.add("GET", "/big", immediate([](const Request&) {
                    return text_response(200, std::string(5000, 'x'));
                }));
    start();
    ClientRequest request;
    request.url = server_->url() + "/big";
    request.body_limit = 4999;
    const Result<ClientResponse> response = fetch_blocking(std::move(request), seconds(5));
    EXPECT_EQ(response.error().code, ErrorCode::payload_too_large);
}

TEST_F(Client, NobodyListeningIsUnavailable) {
    start();
    const std::string url = server_->url();
    server_.reset();
    ClientRequest request;
    request.url = url + "/";
    const Result<ClientResponse> response = fetch_blocking(std::move(request), seconds(5));
    EXPECT_EQ(response.error().code, ErrorCode::unavailable);
    EXPECT_THAT(response.error().message, HasSubstr(url.substr(7)));
}

TEST_F(Client, MalformedUrlsAreRefused) {
    for (const std::string url :
         {"",
          "localhost",
          "ftp://localhost/",
          "http://",
          "http://:80/",
          "http://localhost:0/",
          "http://localhost:99999/",
          "http://localhost:8x/",
          "http://user@localhost/",
          "http://[::1/",
          "http://localhost/a b",
          "http://localhost/a\r\nX: y"}) {
        EXPECT_EQ(failure_of(url), ErrorCode::invalid_argument) << url;
    }
}

}  // namespace
}  // namespace darkroom::http
