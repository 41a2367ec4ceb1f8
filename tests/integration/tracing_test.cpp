// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "base/guarded.h"
#include "http/server_fixture.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr const char* kTraceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* kKeyLikeText = "drk_looks_like_a_secret";

/// The first line of a log that says this, waiting for it; empty when it does not come.
std::string line_of(const Server& server, const std::string& message) {
    std::string line;
    const bool came = eventually([&] {
        const std::string log = server.log();
        const std::size_t found = log.find(" debug " + message + " ");
        const std::size_t end = log.find('\n', found);
        if (found == std::string::npos || end == std::string::npos) return false;
        line = log.substr(found, end - found);
        return true;
    });
    return came ? line : std::string();
}

Answer draw(const Server& server, const std::string& traceparent) {
    http::ClientRequest request{.method = "POST", .url = kTxt2img, .body = body_of({})};
    request.url += std::string("?note=") + kKeyLikeText;
    request.headers.set("traceparent", traceparent);
    request.headers.set("X-Note", kKeyLikeText);
    return server.send(std::move(request));
}

TEST(Tracing, ATaskIsFoundByItsTraceInTheLinesOfServerAndAgent) {
    const TemporaryFolder data;
    const Server server(data.path(), models_folder(), {"--log-level", "debug"});
    const Answer drawn = draw(server, kTraceparent);
    ASSERT_TRUE(drawn) << drawn.error().message;
    ASSERT_EQ(drawn->status, 200) << drawn->body;
    EXPECT_THAT(
        std::string(drawn->headers.get("traceresponse")),
        MatchesRegex("00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01"));
    const std::string trace = std::string(" trace=") + kTrace;
    const std::string submitted = line_of(server, "task submitted");
    EXPECT_THAT(submitted, HasSubstr(trace));
    const std::size_t begin = submitted.find(" task=");
    ASSERT_NE(begin, std::string::npos) << server.log();
    const std::string task = submitted.substr(begin, std::string_view(" task=").size() + 32);
    for (const char* message : {"task assigned", "task accepted", "task drawn", "task finished"}) {
        const std::string line = line_of(server, message);
        EXPECT_THAT(line, HasSubstr(task)) << message;
        EXPECT_THAT(line, HasSubstr(trace)) << message;
    }
    EXPECT_TRUE(eventually([&] {
        return server.log().find("debug request method=POST path=/sdapi/v1/txt2img") !=
               std::string::npos;
    }));
    const std::string log = server.log();
    const std::size_t request = log.find("debug request method=POST");
    const std::string line = log.substr(request, log.find('\n', request) - request);
    EXPECT_THAT(line, HasSubstr(" status=200 "));
    EXPECT_THAT(line, HasSubstr(trace));
    EXPECT_THAT(log, testing::Not(HasSubstr(kKeyLikeText)));
}

TEST(Tracing, AMalformedTraceIsReplacedByAFreshOne) {
    const TemporaryFolder data;
    const Server server(data.path(), models_folder(), {"--log-level", "debug"});
    const Answer drawn = draw(server, "00-XYZ");
    ASSERT_TRUE(drawn) << drawn.error().message;
    ASSERT_EQ(drawn->status, 200) << drawn->body;
    const std::string span(drawn->headers.get("traceresponse"));
    ASSERT_THAT(span, MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-00"));
    EXPECT_THAT(line_of(server, "task drawn"), HasSubstr(" trace=" + span.substr(3, 32)));
}

/// Receives webhooks on a server of its own.
class TracedWebhook : public http::ServerTest {
  protected:
    ~TracedWebhook() override { server_.reset(); }
    Guarded<std::vector<std::string>> received_;
};

TEST_F(TracedWebhook, GoesOnInTheTraceOfTheTask) {
    router_.add("POST", "/hook", http::immediate([this](const http::Request& request) {
                    received_.lock()->emplace_back(request.headers.get("traceparent"));
                    return http::text_response(200, "");
                }));
    start();
    const TemporaryFolder data;
    const Server server(data.path(), models_folder(), {"--webhook-network", "127.0.0.0/8"});
    const Answer made = server.post("/webhooks", R"({"url": ")" + server_->url() + R"(/hook"})");
    ASSERT_TRUE(made && made->status == 200);
    ASSERT_EQ(draw(server, kTraceparent)->status, 200);
    ASSERT_TRUE(eventually([&] { return !received_.lock()->empty(); }));
    EXPECT_THAT(
        received_.lock()->front(),
        MatchesRegex("00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01"));
}

}  // namespace
}  // namespace darkroom::integration
