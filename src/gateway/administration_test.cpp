// SPDX-License-Identifier: Apache-2.0
// What is told of administration: to the audit log, and to those who may not administer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/credentials_fixture.h"

namespace darkroom::gateway {
namespace {

using domain::Scope;
using ::testing::HasSubstr;
using ::testing::Not;

class Administration : public CredentialsTest {
  protected:
    std::string admin_ = key_for("house", {Scope::admin});
    std::string generator_ = key_for("studio", {Scope::generate});
};

TEST_F(Administration, ThatFailedIsAuditedWithItsOutcome) {
    EXPECT_EQ(send_as(admin_, "DELETE /admin/keys/0123456789abcdef").status, 404);
    EXPECT_EQ(send_as(admin_, "DELETE /admin/users/nobody").status, 404);
    EXPECT_EQ(send_as(admin_, "PUT /admin/tenants/Studio", R"({"quotas": {}})").status, 422);
    EXPECT_EQ(send_as(admin_, "POST /admin/keys", R"({"tenant": "studio"})").status, 422);
    EXPECT_EQ(send_as(admin_, "POST /del/sd/functions", "{}").status, 400);
    EXPECT_EQ(send_as(admin_, "GET /admin/tenants/nobody").status, 404) << "nothing was changed";
    EXPECT_EQ(send_as(generator_, "DELETE /tasks/nonsense").status, 404) << "no administration";
    const std::string who = "key:" + admin_.substr(4, 16) + " ";
    const std::vector<std::string> log = audited();
    ASSERT_EQ(log.size(), 5U);
    EXPECT_EQ(log[0], who + "DELETE /admin/keys/{id} /admin/keys/0123456789abcdef 404 no such key");
    EXPECT_EQ(log[1], who + "DELETE /admin/users/{name} /admin/users/nobody 404 no such user");
    EXPECT_THAT(log[2], HasSubstr("PUT /admin/tenants/{name} /admin/tenants/Studio 422 a tenant"));
    EXPECT_THAT(log[3], HasSubstr("POST /admin/keys /admin/keys 422 scopes"));
    EXPECT_THAT(log[4], HasSubstr("POST /del/sd/functions /del/sd/functions 400 functions"));
}

TEST_F(Administration, AFloodOfFailuresDoesNotFloodTheLog) {
    const std::string long_name(1'000, 'x');
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(send_as(admin_, format("DELETE /admin/users/{}{}", i, long_name)).status, 404);
    EXPECT_EQ(audited().size(), 20U);
    for (const std::string& line : audited())
        EXPECT_LT(line.size(), 500U);
    clock_.now_ms += 60'000;
    EXPECT_EQ(send_as(admin_, "DELETE /admin/users/nobody").status, 404);
    EXPECT_EQ(audited().size(), 21U);
}

TEST_F(Administration, SettingsOfFunctionsAreShownToThoseWhoMayChangeThem) {
    const auto changed = send_as(
        admin_,
        "POST /batch_update_sd_resource",
        R"({"models": ["icons"], "env": {"TOKEN": "secret"}, "extraArgs": "--auth me:secret"})");
    ASSERT_EQ(changed.status, 200);
    for (const char* route : {"GET /list/sdapi/functions", "GET /list/sdapi/fucntions"}) {
        const auto shown = send_as(generator_, route);
        EXPECT_EQ(shown.status, 200);
        EXPECT_THAT(shown.body, HasSubstr(R"("model":"icons.safetensors")"));
        EXPECT_THAT(shown.body, Not(HasSubstr("secret"))) << route;
        EXPECT_THAT(send_as(admin_, route).body, HasSubstr("--auth me:secret"));
    }
}

}  // namespace
}  // namespace darkroom::gateway
