// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "gateway/gateway_fixture.h"

namespace darkroom::gateway {
namespace {

using storage::WebhookStore;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kBody = R"({"url": "https://example.com/hook"})";

class WebhookRoutes : public GatewayTest {
  protected:
    json::Value put(const std::string& body = kBody) {
        const http::ClientResponse answer = ask("POST", "/webhooks", body);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return json::parse(answer.body).value();
    }
    std::vector<storage::WebhookDelivery> outbox() {
        return storage::wait(webhooks_, &WebhookStore::claim, storage::DeliveryClaim{10, 0})
            .value();
    }
};

TEST_F(WebhookRoutes, ASecretIsMadeAndShownOnlyOnce) {
    const json::Value made = put();
    EXPECT_TRUE(made["secrets"][0].as_string().starts_with("whsec_"));
    const std::string list = ask("GET", "/webhooks").body;
    EXPECT_THAT(list, HasSubstr(made["id"].as_string()));
    EXPECT_THAT(list, HasSubstr("\"enabled\":true"));
    EXPECT_THAT(list, Not(HasSubstr("whsec_")));
}

TEST_F(WebhookRoutes, PostingAUrlAgainKeepsItsSecretUnlessAnotherIsGiven) {
    const json::Value first = put();
    const http::ClientResponse again = ask("POST", "/webhooks", kBody);
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(json_of(again)["id"].as_string(), first["id"].as_string());
    EXPECT_THAT(again.body, Not(HasSubstr("whsec_"))) << "it was shown when it was made";
    ask("POST", "/webhooks/" + first["id"].as_string() + "/test");
    const auto delivery = outbox().at(0);
    ASSERT_EQ(delivery.webhook.secrets.size(), 1U);
    EXPECT_EQ(delivery.webhook.secrets[0], first["secrets"][0].as_string());
}

TEST_F(WebhookRoutes, PostingAUrlAgainWithSecretsReplacesThemAndEnablesIt) {
    const json::Value first = put();
    ask("POST", "/webhooks/" + first["id"].as_string() + "/test");
    const std::string delivery = outbox().at(0).id;
    const storage::FailedDelivery failed{delivery, "the receiver answered 410", 0, 1};
    ASSERT_TRUE(storage::wait(webhooks_, &WebhookStore::failed, failed));
    EXPECT_THAT(
        ask("GET", "/webhooks").body,
        HasSubstr(R"("enabled":false,"failures":1,"secretCount":1,)"
                  R"("disabledReason":"the receiver answered 410")"));
    EXPECT_EQ(ask("POST", "/webhooks/" + first["id"].as_string() + "/test").status, 409);
    const json::Value second = put(R"({"url": "https://example.com/hook", "secrets": [)"
                                   R"("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)"
                                   R"("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]})");
    EXPECT_EQ(second["id"].as_string(), first["id"].as_string());
    EXPECT_EQ(second["secrets"].as_array().size(), 2U);
    EXPECT_THAT(ask("GET", "/webhooks").body, HasSubstr("\"enabled\":true"));
}

TEST_F(WebhookRoutes, ARotationShowsTheNewSecretBesideTheOldOne) {
    const json::Value made = put();
    const std::string path = "/webhooks/" + made["id"].as_string() + "/rotation";
    const json::Value rotated = json::parse(ask("POST", path).body).value();
    ASSERT_EQ(rotated["secrets"].as_array().size(), 2U);
    EXPECT_NE(rotated["secrets"][0].as_string(), made["secrets"][0].as_string());
    EXPECT_EQ(rotated["secrets"][1].as_string(), made["secrets"][0].as_string());
    EXPECT_EQ(ask("POST", "/webhooks/none/rotation").status, 404);
}

TEST_F(WebhookRoutes, ARemovedWebhookIsGone) {
    const std::string path = "/webhooks/" + put()["id"].as_string();
    EXPECT_EQ(ask("POST", path + "/test").status, 200);
    EXPECT_EQ(ask("DELETE", path).status, 200);
    EXPECT_EQ(ask("DELETE", path).status, 404);
    EXPECT_EQ(ask("POST", path + "/test").status, 404);
    EXPECT_EQ(ask("GET", "/webhooks").body, R"({"webhooks":[]})");
    EXPECT_TRUE(outbox().empty());
}

TEST_F(WebhookRoutes, SoManyTestsMayBeAskedForAndThenOneInAWhile) {
    const std::string test = "/webhooks/" + put()["id"].as_string() + "/test";
    for (int i = 0; i < 10; ++i)
        ASSERT_EQ(ask("POST", test).status, 200) << i;
    const http::ClientResponse refused = ask("POST", test);
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.headers.get("Retry-After"), "10");
    clock_.now_ms += 10'000;
    EXPECT_EQ(ask("POST", test).status, 200);
    EXPECT_EQ(ask("POST", test).status, 429);
}

TEST_F(WebhookRoutes, SomebodyElsesWebhookIsNotFound) {
    const storage::NewWebhook theirs{"rival", "https://example.com/", {"whsec_x"}};
    const std::string id = storage::wait(webhooks_, &WebhookStore::put, theirs)->id;
    EXPECT_EQ(ask("DELETE", "/webhooks/" + id).status, 404);
    EXPECT_EQ(ask("POST", "/webhooks/" + id + "/test").status, 404);
    EXPECT_EQ(ask("GET", "/webhooks").body, R"({"webhooks":[]})");
}

TEST_F(WebhookRoutes, BadWebhooksAreRefused) {
    for (const char* body :
         {"",
          "[]",
          "{}",
          R"({"url": 1})",
          R"({"url": "http://example.com/"})",
          R"({"url": "https://user:word@example.com/"})",
          R"({"url": "https://127.0.0.1/"})",
          R"({"url": "https://[::1]:8443/"})",
          R"({"url": "https://169.254.169.254/latest/meta-data"})",
          R"({"url": "https://localhost/"})",
          R"({"url": "https://example.com/", "secrets": []})",
          R"({"url": "https://example.com/", "secrets": ["word"]})",
          R"({"url": "https://example.com/", "secrets": [1]})"}) {
        EXPECT_EQ(ask("POST", "/webhooks", body).status, 422) << body;
    }
    EXPECT_THAT(
        ask("POST", "/webhooks", R"({"url": "https://10.0.0.1/"})").body,
        HasSubstr("the address may not be connected to: 10.0.0.1"));
    for (int i = 0; i < WebhookStore::kMostOfTenant; ++i)
        put(format(R"({{"url": "https://example.com/{}"}})", i));
    EXPECT_EQ(ask("POST", "/webhooks", kBody).status, 409);
}

}  // namespace
}  // namespace darkroom::gateway
