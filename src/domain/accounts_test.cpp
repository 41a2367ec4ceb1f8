// SPDX-License-Identifier: Apache-2.0
// Tenants, keys and users.
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/api_key.h"
#include "domain/tenant.h"
#include "domain/user.h"

namespace darkroom::domain {
namespace {

using ::testing::MatchesRegex;

constexpr std::int64_t kNow = 1'700'000'000'000;

IssuedKey issue(KeyOrder order = {.tenant = "studio", .scopes = {Scope::generate}}) {
    return issue_key(std::move(order), kNow).value();
}

TEST(TenantName, IsSafeAsAFileNameAndAsAnObjectKey) {
    for (const char* name : {"local", "a", "0", "studio-7", "a--b", "a-"})
        EXPECT_TRUE(check_tenant_name(name)) << name;
    EXPECT_TRUE(check_tenant_name(std::string(64, 'a')));
    for (const char* name :
         {"", "-a", "A", "a_b", "a.b", "..", "a/b", "a b", "a\n", "a>", "*", "\xC3\xA9"})
        EXPECT_FALSE(check_tenant_name(name)) << name;
    EXPECT_FALSE(check_tenant_name(std::string(65, 'a')));
    EXPECT_FALSE(check_tenant_name(std::string_view("a\0b", 3)));
}

TEST(Quotas, AreNumbersFromZeroOn) {
    EXPECT_TRUE(check(Quotas{}));
    EXPECT_TRUE(check(Quotas{0, 0.0, 0, 0.001}));
    EXPECT_EQ(check(Quotas{.queued_tasks = -1}).error().field, "quotas.queuedTasks");
    EXPECT_EQ(check(Quotas{.queued_seconds = -0.5}).error().field, "quotas.queuedSeconds");
    EXPECT_EQ(check(Quotas{.queued_seconds = NAN}).error().field, "quotas.queuedSeconds");
    EXPECT_EQ(check(Quotas{.pictures_per_day = -1}).error().field, "quotas.picturesPerDay");
    EXPECT_EQ(check(Quotas{.requests_per_second = 0.0}).error().field, "quotas.requestsPerSecond");
    EXPECT_EQ(
        check(Quotas{.requests_per_second = INFINITY}).error().field, "quotas.requestsPerSecond");
}

TEST(Scopes, AreReadAsTheyAreWritten) {
    EXPECT_EQ(Scopes::parse("models,generate").value().text(), "generate,models");
    EXPECT_EQ(Scopes::parse("admin").value(), Scopes{Scope::admin});
    for (const char* text : {"", "generate,", ",generate", "generate, models", "root", "Admin"})
        EXPECT_FALSE(Scopes::parse(text)) << text;
}

TEST(Scopes, AdminIncludesTheOthersAndNoOtherDoes) {
    EXPECT_TRUE(Scopes{Scope::admin}.allow(Scope::generate));
    EXPECT_TRUE(Scopes{Scope::models}.allow(Scope::models));
    EXPECT_FALSE((Scopes{Scope::generate, Scope::models}.allow(Scope::admin)));
    EXPECT_FALSE(Scopes{}.allow(Scope::generate));
}

TEST(ApiKey, ItsTextIsJudgedGoodAndOnlyADigestIsKept) {
    const IssuedKey issued = issue();
    EXPECT_THAT(issued.text, MatchesRegex("drk_[0-9a-f]{16}_[0-9a-f]{64}"));
    const KeyText shown = parse_key_text(issued.text).value();
    EXPECT_EQ(shown.id, issued.key.id);
    EXPECT_EQ(judge(issued.key, shown, kNow), KeyVerdict::good);
    EXPECT_EQ(issued.text.find(issued.key.secret_hash), std::string::npos);
}

TEST(ApiKey, NoTwoAreEqual) {
    std::set<std::string> texts;
    std::set<std::string> ids;
    for (int i = 0; i < 100; ++i) {
        const IssuedKey issued = issue();
        texts.insert(issued.text);
        ids.insert(issued.key.id);
    }
    EXPECT_EQ(texts.size(), 100U);
    EXPECT_EQ(ids.size(), 100U);
}

TEST(ApiKey, WrongRevokedAndExpiredOnesAreToldApart) {
    IssuedKey issued =
        issue({.tenant = "studio", .scopes = {Scope::generate}, .expires_ms = kNow + 10});
    KeyText shown = parse_key_text(issued.text).value();
    EXPECT_EQ(judge(issued.key, shown, kNow + 9), KeyVerdict::good);
    EXPECT_EQ(judge(issued.key, shown, kNow + 10), KeyVerdict::expired);
    issued.key.revoked_ms = kNow;
    EXPECT_EQ(judge(issued.key, shown, kNow), KeyVerdict::revoked);
    shown.secret.back() = shown.secret.back() == '0' ? '1' : '0';
    EXPECT_EQ(judge(issued.key, shown, kNow), KeyVerdict::wrong_secret);
}

TEST(ApiKey, TextsThatWereNeverIssuedAreNoKeys) {
    const std::string good = issue().text;
    const std::vector<std::string> bad = {
        "",
        "drk_",
        good.substr(0, good.size() - 1),
        good + "0",
        " " + good.substr(1),
        "DRK_" + good.substr(4),
        good.substr(0, good.size() - 1) + "G",
        good.substr(0, good.size() - 1) + std::string(1, '\0'),
        good.substr(0, good.size() - 2) + "\r\n",
        good.substr(0, 20) + "-" + good.substr(21),
        std::string(std::size_t{10} << 20, 'a')};
    for (const std::string& text : bad) {
        const auto parsed = parse_key_text(text);
        ASSERT_FALSE(parsed) << text.substr(0, 100);
        EXPECT_EQ(parsed.error().code, ErrorCode::unauthenticated);
    }
}

TEST(ApiKey, OrdersThatMakeNoSenseAreRefused) {
    const auto field = [](KeyOrder order) {
        return issue_key(std::move(order), kNow).error().field;
    };
    EXPECT_EQ(field({.tenant = "../x", .scopes = {Scope::admin}}), "tenant");
    EXPECT_EQ(field({.tenant = "a", .label = "a\nb", .scopes = {Scope::admin}}), "label");
    EXPECT_EQ(
        field({.tenant = "a", .label = std::string(201, 'x'), .scopes = {Scope::admin}}), "label");
    EXPECT_EQ(field({.tenant = "a"}), "scopes");
    EXPECT_EQ(field({.tenant = "a", .scopes = {Scope::admin}, .expires_ms = kNow}), "expires");
}

TEST(User, NamesAndPasswordsHaveBounds) {
    for (const char* name : {"admin", "a", "Ann.B_c@example.org", "0-1"})
        EXPECT_TRUE(check_user_name(name)) << name;
    for (const char* name : {"", "@a", "a b", "a:b", "a/b", "a\n", "\xC3\xA9"})
        EXPECT_FALSE(check_user_name(name)) << name;
    EXPECT_FALSE(check_user_name(std::string(65, 'a')));
    EXPECT_TRUE(check_password("12345678"));
    EXPECT_TRUE(check_password("p\xC3\xA4ssword"));
    EXPECT_FALSE(check_password("1234567"));
    EXPECT_FALSE(check_password("1234567\n"));
    EXPECT_FALSE(check_password("1234567\xFF"));
    EXPECT_FALSE(check_password(std::string(1025, 'a')));
}

TEST(User, RolesAreReadAsTheyAreWritten) {
    for (const Role role : {Role::user, Role::admin})
        EXPECT_EQ(parse_role(to_string(role)).value(), role);
    EXPECT_FALSE(parse_role("root"));
    EXPECT_FALSE(scopes_of(Role::user).allow(Scope::admin));
    EXPECT_TRUE(scopes_of(Role::admin).allow(Scope::admin));
}

TEST(User, TokensAreLongAndNeverTheSame) {
    EXPECT_THAT(random_token(), MatchesRegex("[0-9a-f]{64}"));
    EXPECT_NE(random_token(), random_token());
}

}  // namespace
}  // namespace darkroom::domain
