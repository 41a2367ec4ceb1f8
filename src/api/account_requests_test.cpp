// SPDX-License-Identifier: Apache-2.0
#include "api/account_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/account_bodies.h"

namespace darkroom::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class T>
std::string message_of(const Outcome<T>& outcome) {
    return outcome.error().body["message"].as_string();
}

TEST(LoginRequest, KeysAreReadInAnyCase) {
    for (const char* body :
         {R"({"userName": "ann", "password": "secret"})",
          R"({"UserName": "ann", "Password": "secret", "remember": true})",
          R"({"username": "ann", "PASSWORD": "secret"})"}) {
        const auto request = parse_login(body);
        ASSERT_TRUE(request) << body;
        EXPECT_EQ(request->user, "ann");
        EXPECT_EQ(request->password, "secret");
    }
}

TEST(LoginRequest, WhatIsNoObjectIsABadBody) {
    for (const char* body : {"", "nonsense", "[]", "\"ann\"", R"({"userName": 1})"}) {
        const auto request = parse_login(body);
        ASSERT_FALSE(request) << body;
        EXPECT_EQ(request.error().status, 400);
        EXPECT_EQ(message_of(request), "bad request body");
    }
}

TEST(KeyOrder, IsReadWholly) {
    const auto order = parse_key_order(
        R"({"tenant": "studio", "scopes": ["models", "generate"], "label": "shop",
            "expiresInSeconds": 60})",
        1000);
    ASSERT_TRUE(order);
    EXPECT_EQ(order->tenant, "studio");
    EXPECT_EQ(order->label, "shop");
    EXPECT_EQ(order->scopes.text(), "generate,models");
    EXPECT_EQ(order->expires_ms, 61'000);
}

TEST(KeyOrder, UnknownMembersAndWrongTypesAreNamed) {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"[]", "JSON object"},
        {R"({"scopes": ["admin"]})", "tenant"},
        {R"({"tenant": "a", "scopes": "admin"})", "scopes"},
        {R"({"tenant": "a", "scopes": [1]})", "scopes"},
        {R"({"tenant": "a", "scopes": []})", "scopes"},
        {R"({"tenant": "a", "scopes": ["root"]})", "scopes"},
        {R"({"tenant": "a", "scopes": ["generate,admin"]})", "scopes"},
        {R"({"tenant": "a", "scopes": ["admin"], "label": 1})", "label"},
        {R"({"tenant": "a", "scopes": ["admin"], "expiresInSeconds": 0})", "expiresInSeconds"},
        {R"({"tenant": "a", "scopes": ["admin"], "expiresInSeconds": 1e3})", "expiresInSeconds"},
        {R"({"tenant": "a", "scopes": ["admin"], "expiresInSeconds": 9223372036854775807})",
         "expiresInSeconds"},
        {R"({"tenant": "a", "scopes": ["admin"], "id": "mine"})", "id: no such member"},
        {R"({"tenant": "a", "scopes": ["admin"], "secret_hash": "0"})", "secret_hash"},
        {R"({"tenant": "a", "scopes": ["admin"], "revokedMs": null})", "revokedMs"}};
    for (const auto& [body, words] : cases) {
        const auto order = parse_key_order(body, 0);
        ASSERT_FALSE(order) << body;
        EXPECT_EQ(order.error().status, 422) << body;
        EXPECT_THAT(message_of(order), HasSubstr(words)) << body;
    }
}

TEST(UserOrder, TheTenantIsTheNameUnlessItIsGiven) {
    const auto plain = parse_user_order(R"({"userName": "ann", "password": "12345678"})");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->tenant, "ann");
    EXPECT_EQ(plain->role, domain::Role::user);
    const auto full = parse_user_order(
        R"({"userName": "Ann", "password": "12345678", "tenant": "studio", "role": "admin"})");
    ASSERT_TRUE(full);
    EXPECT_EQ(full->tenant, "studio");
    EXPECT_EQ(full->role, domain::Role::admin);
    EXPECT_THAT(
        message_of(parse_user_order(R"({"userName": "Ann", "password": "12345678"})")),
        HasSubstr("tenant"));
    EXPECT_THAT(
        message_of(parse_user_order(R"({"userName": "ann", "password": "123"})")),
        HasSubstr("password"));
    EXPECT_THAT(
        message_of(parse_user_order(R"({"userName": "ann", "password": "12345678", "role": "x"})")),
        HasSubstr("role"));
}

TEST(TenantSettings, AreQuotasAndNothingElse) {
    const auto quotas = parse_tenant_settings(
        R"({"quotas": {"queuedTasks": 5, "queuedSeconds": 1.5, "picturesPerDay": null}})");
    ASSERT_TRUE(quotas);
    EXPECT_EQ(*quotas, (domain::Quotas{.queued_tasks = 5, .queued_seconds = 1.5}));
    for (const char* body :
         {"{}",
          R"({"quotas": 1})",
          R"({"quotas": {}, "name": "other"})",
          R"({"quotas": {"queuedTasks": -1}})",
          R"({"quotas": {"queuedTasks": 1.5}})",
          R"({"quotas": {"requestsPerSecond": 0}})",
          R"({"quotas": {"priority": 9}})"}) {
        const auto refused = parse_tenant_settings(body);
        ASSERT_FALSE(refused) << body;
        EXPECT_EQ(refused.error().status, 422) << body;
    }
}

TEST(AccountBodies, ShowNoDigestAndNoPassword) {
    const domain::IssuedKey issued =
        domain::issue_key({.tenant = "studio", .scopes = {domain::Scope::admin}}, 5).value();
    const std::string text = json::dump(keys_body({issued.key}));
    EXPECT_THAT(text, Not(HasSubstr(issued.key.secret_hash)));
    EXPECT_THAT(text, Not(HasSubstr(issued.text)));
    EXPECT_THAT(json::dump(issued_key_body(issued)), HasSubstr(issued.text));
    const domain::User user{"ann", "studio", domain::Role::user, "scrypt$hash", 5};
    EXPECT_THAT(json::dump(users_body({user})), Not(HasSubstr("scrypt")));
}

}  // namespace
}  // namespace darkroom::api
