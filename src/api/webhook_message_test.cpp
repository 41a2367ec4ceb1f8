// SPDX-License-Identifier: Apache-2.0
#include "api/webhook_message.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kOther = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The first signature is the vector that the specification's libraries are tested with.
TEST(WebhookMessage, EverySecretSigns) {
    const WebhookContent content{
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1'614'265'330, "{\"test\": 2432232314}"};
    EXPECT_EQ(
        webhook_signature({kSecret}, content), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(
        webhook_signature({kOther, kSecret}, content),
        "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI= "
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookMessage, WhatIsNoSecretIsRefused) {
    EXPECT_TRUE(check_webhook_secret(kSecret));
    EXPECT_TRUE(check_webhook_secret(make_webhook_secret()));
    EXPECT_NE(make_webhook_secret(), make_webhook_secret());
    for (const std::string& secret :
         {std::string(),
          std::string("whsec_"),
          std::string("secret"),
          std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
          std::string("whsec_c2hvcnQ="),
          std::string("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!"),
          "whsec_" + std::string(1'000, 'A')}) {
        EXPECT_EQ(check_webhook_secret(secret).error().field, "secrets") << secret;
    }
}

TEST(WebhookMessage, TheBodySaysWhatHappenedAndWhen) {
    domain::TaskEvent event{.task = domain::TaskId::random()};
    event.task_name = "order-1";
    event.kind = domain::TaskEventKind::failed;
    event.attempt = 1;
    event.wall_ms = 1'614'265'330'123;
    event.message = "it broke";
    EXPECT_EQ(
        webhook_body(event, event.wall_ms),
        R"({"type":"task.failed","timestamp":"2021-02-25T15:02:10Z","data":{"taskId":"order-1",)"
        R"("status":"failed","progress":1.0,"etaRelative":0.0,"currentImage":"",)"
        R"("message":"it broke","kind":"failed","attempt":1,"timeMs":1614265330123}})");
    EXPECT_EQ(
        webhook_body({}, 0),
        R"({"type":"webhook.test","timestamp":"1970-01-01T00:00:00Z","data":{}})");
}

}  // namespace
}  // namespace darkroom::api
