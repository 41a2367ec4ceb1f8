// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>

#include <gmock/gmock.h>

#include "base/encoding.h"
#include "base/format.h"
#include "base/guarded.h"
#include "base/hmac.h"
#include "http/server_fixture.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

using testing::HasSubstr;

constexpr const char* kRequest = R"({"prompt": "a key", "seed": 1, "steps": 1, "width": 128,)"
                                 R"( "height": 128, "force_task_id": "order-1"})";

/// Receives at /hook of a server of its own and answers as it is told.
class WebhookDelivery : public http::ServerTest {
  protected:
    WebhookDelivery() {
        const auto take = [this](const http::Request& request) {
            received_.lock()->push_back(request);
            return http::text_response(status_, "");
        };
        router_.add("POST", "/hook", http::immediate(take));
        router_.add("POST", "/hang", [this](http::Request request) {
            return say_nothing(std::move(request));
        });
        start();
    }
    ~WebhookDelivery() override { server_.reset(); }

    /// Waits for the client to go.
    boost::asio::awaitable<http::Response> say_nothing(http::Request request) {
        received_.lock()->push_back(request);
        const auto never = runtime::Deadline::never();
        const Result<void> gone = co_await request.client_gone->wait(0, never);
        co_return http::text_response(gone ? 200 : 500, "");
    }

    /// Makes a webhook and returns its secret.
    std::string add_webhook(const Server& server) {
        const std::string body = format(R"({{"url": "{}/hook"}})", server_->url());
        const Answer made = server.post("/webhooks", body);
        EXPECT_TRUE(made);
        EXPECT_EQ(made->status, 200) << made->body;
        return json::parse(made->body).value()["secrets"][0].as_string();
    }
    static void draw(const Server& server) {
        const Answer drawn = server.post("/sdapi/v1/txt2img", kRequest);
        ASSERT_TRUE(drawn);
        ASSERT_EQ(drawn->status, 200) << drawn->body;
    }
    [[nodiscard]] bool has_received(std::size_t count) {
        return eventually([&] { return received_.lock()->size() >= count; });
    }
    http::Request received(std::size_t index) { return received_.lock()->at(index); }

    const std::vector<std::string> allowed_ = {"--webhook-network", "127.0.0.0/8"};
    TemporaryFolder data_;
    std::atomic<int> status_ = 200;
    Guarded<std::vector<http::Request>> received_;
};

void expect_signed(const http::Request& request, const std::string& secret) {
    const std::string text = format(
        "{}.{}.{}",
        request.headers.get("webhook-id"),
        request.headers.get("webhook-timestamp"),
        request.body);
    const std::string_view prefix = "whsec_";
    ASSERT_TRUE(secret.starts_with(prefix));
    const std::vector<std::byte> key = base64_decode(secret.substr(prefix.size())).value();
    EXPECT_EQ(
        request.headers.get("webhook-signature"), "v1," + base64_encode(hmac_sha256(key, text)));
}

TEST_F(WebhookDelivery, TheEndOfATaskArrivesSigned) {
    const Server server(data_.path(), models_folder(), allowed_);
    const std::string secret = add_webhook(server);
    draw(server);
    ASSERT_TRUE(has_received(1)) << server.log();
    const http::Request message = received(0);
    EXPECT_THAT(message.body, HasSubstr(R"("type":"task.succeeded")"));
    EXPECT_THAT(message.body, HasSubstr(R"("taskId":"order-1")"));
    expect_signed(message, secret);
    EXPECT_TRUE(eventually([&] {
        return server.metric("darkroom_webhook_deliveries_total{outcome=\"delivered\"}") == 1;
    }));
}

TEST_F(WebhookDelivery, SurvivesTheDeathOfTheServerAfterTheCommit) {
    status_ = 503;
    std::string secret;
    {
        Server server(data_.path(), models_folder(), allowed_);
        secret = add_webhook(server);
        draw(server);
        ASSERT_TRUE(has_received(1)) << server.log();
        server.signal(SIGKILL);
        EXPECT_EQ(server.wait(), -SIGKILL);
    }
    status_ = 200;
    const std::size_t refused = received_.lock()->size();
    const Server server(data_.path(), models_folder(), allowed_);
    ASSERT_TRUE(has_received(refused + 1)) << server.log();
    const http::Request first = received(0);
    const http::Request last = received(refused);
    EXPECT_EQ(last.headers.get("webhook-id"), first.headers.get("webhook-id"));
    EXPECT_EQ(last.body, first.body);
    expect_signed(last, secret);
}

TEST_F(WebhookDelivery, GoesToNoAddressThatNobodyAllowed) {
    const Server server(data_.path());
    const Answer plain =
        server.post("/webhooks", format(R"({{"url": "{}/hook"}})", server_->url()));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->status, 422) << plain->body;
    const Answer made =
        server.post("/webhooks", format(R"({{"url": "https://localhost:{}/hook"}})", port()));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->status, 422) << made->body;
    EXPECT_THAT(made->body, HasSubstr("may not be connected to: localhost"));
    EXPECT_TRUE(received_.lock()->empty());
}

TEST_F(WebhookDelivery, AReceiverThatHangsDoesNotKeepTheServerFromStopping) {
    Server server(data_.path(), models_folder(), allowed_);
    const std::string body = format(R"({{"url": "{}/hang"}})", server_->url());
    const Answer made = server.post("/webhooks", body);
    ASSERT_TRUE(made);
    const std::string id = json::parse(made->body).value()["id"].as_string();
    ASSERT_TRUE(server.post("/webhooks/" + id + "/test", ""));
    ASSERT_TRUE(has_received(1)) << server.log();
    const auto begin = std::chrono::steady_clock::now();
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    EXPECT_THAT(server.log(), testing::Not(HasSubstr("cancelled")));
}

}  // namespace
}  // namespace darkroom::integration
