// SPDX-License-Identifier: Apache-2.0
// Who gets in: keys, passwords, sessions, tickets, scopes, lock-outs and rates.
#include <span>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/format.h"
#include "gateway/credentials_fixture.h"

namespace darkroom::gateway {
namespace {

using domain::Role;
using domain::Scope;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

std::string basic(std::string_view text) {
    return "Basic " + base64_encode(std::as_bytes(std::span(text)));
}

/// The route with words in its placeholders.
std::string concrete(std::string route) {
    for (std::size_t begin = route.find('{'); begin != std::string::npos; begin = route.find('{'))
        route.replace(begin, route.find('}', begin) + 1 - begin, "x");
    return route;
}

class Admission : public CredentialsTest {
  protected:
    int status_of(const http::Headers& headers, const std::string& path = "/tasks") {
        return get(path, headers).status;
    }

    http::ClientResponse log_in(const std::string& user, const std::string& password) {
        return post("/login", json::dump(json::Object{{"userName", user}, {"password", password}}));
    }

    std::string generator_ = key_for("studio", {Scope::generate});
    std::string admin_ = key_for("house", {Scope::admin});
};

TEST_F(Admission, EveryRouteHasItsRuleAndOnlyTheseAreOpen) {
    std::vector<std::string> open;
    for (const std::string& route : router_.routes()) {
        const auto access = access_of(route);
        EXPECT_TRUE(access) << route;
        if (access == gateway::Access::open) open.push_back(route);
    }
    EXPECT_THAT(
        open, ElementsAre("GET /healthz", "GET /readyz", "POST /login", "GET /images/{key...}"));
}

TEST_F(Admission, ARouteWithoutARuleIsRefused) {
    router_.add("GET", "/forgotten", http::immediate([](const http::Request&) {
                    return http::text_response(200, "secret");
                }));
    const auto answer = send_as(admin_, "GET /forgotten");
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
}

TEST_F(Admission, NoRouteButTheOpenOnesAnswersAStranger) {
    for (const std::string& route : router_.routes()) {
        const std::string asked = concrete(route);
        const std::size_t blank = asked.find(' ');
        const auto answer = send(asked.substr(0, blank), asked.substr(blank + 1), {}, "");
        const bool is_open = access_of(route) == gateway::Access::open;
        EXPECT_EQ(answer.status == 401, !is_open) << route << ' ' << answer.status;
    }
    EXPECT_EQ(status_of({}, "/nowhere"), 401);
    EXPECT_EQ(status_of({}, "/healthz"), 200);
}

TEST_F(Admission, AnswersToStrangersHaveTheShapeOfTheirApi) {
    const auto a1111 = get("/sdapi/v1/samplers");
    EXPECT_EQ(
        a1111.body,
        R"({"error":"HTTPException","detail":"Not authenticated","body":"","errors":""})");
    EXPECT_EQ(a1111.headers.count("WWW-Authenticate"), 0U);
    const auto wrong = get("/sdapi/v1/samplers", {{"Authorization", basic("a:12345678")}});
    EXPECT_EQ(json_of(wrong)["detail"].as_string(), "Incorrect username or password");
    const auto serverless = get("/tasks");
    EXPECT_EQ(serverless.body, R"({"message":"please login first or login expired"})");
    EXPECT_EQ(serverless.headers.get("WWW-Authenticate"), "Bearer");
}

TEST_F(Admission, AKeyIsTakenWhereverItMayStand) {
    for (const http::Headers& headers : std::vector<http::Headers>{
             {{"Authorization", "Bearer " + generator_}},
             {{"X-API-Key", generator_}},
             {{"Authorization", basic("anything:" + generator_)}},
             {{"Token", generator_}}}) {
        EXPECT_EQ(status_of(headers), 200) << headers.begin()->first;
    }
}

TEST_F(Admission, WrongKeysAreRefused) {
    const std::string other_secret = generator_.substr(0, generator_.size() - 4) +
                                     (generator_.ends_with("0000") ? "1111" : "0000");
    const std::vector<std::pair<const char*, http::Headers>> cases = {
        {"wrong scheme", {{"Authorization", "Digest " + generator_}}},
        {"no scheme", {{"Authorization", generator_}}},
        {"truncated", bearer(generator_.substr(0, generator_.size() - 1))},
        {"longer", bearer(generator_ + "0")},
        {"another secret", bearer(other_secret)},
        {"unknown id", bearer("drk_0123456789abcdef_" + std::string(64, '0'))},
        {"id alone", bearer(generator_.substr(0, 20))},
        {"empty", {{"X-API-Key", ""}}},
        {"wildcard", bearer("*")},
        {"injection", bearer("drk_' OR 1=1 -- ")},
        {"60 KB", bearer(std::string(60'000, 'a'))}};
    for (const auto& [what, headers] : cases)
        EXPECT_EQ(status_of(headers), 401) << what;
    EXPECT_EQ(status_of({}, "/tasks?key=" + generator_), 401);
    EXPECT_EQ(status_of({}, "/tasks?token=" + generator_), 401);
    EXPECT_EQ(status_of({}, "/tasks?ticket=" + generator_), 401);
}

TEST_F(Admission, KeysThatAreNoHeaderValuesNeverReachARoute) {
    const auto answer = [&](const std::string& line) {
        return exchange("GET /tasks HTTP/1.1\r\nHost: localhost\r\n" + line + "\r\n\r\n");
    };
    EXPECT_THAT(
        answer("Authorization: Bearer " + std::string("drk_\0", 5) + generator_.substr(4)),
        StartsWith("HTTP/1.1 400"));
    // The rest of the key is a header of its own then, and no proper one.
    EXPECT_THAT(
        answer(
            "Authorization: Bearer " + generator_.substr(0, 30) + "\r\n" + generator_.substr(30)),
        StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(
        answer("Authorization: Bearer " + std::string(std::size_t{10} << 20, 'a')),
        StartsWith("HTTP/1.1 431"));
}

TEST_F(Admission, ARevokedKeyAndAnExpiredOneAreRefusedAndAudited) {
    const std::string id = generator_.substr(4, 16);
    ASSERT_EQ(send_as(admin_, "DELETE /admin/keys/" + id).status, 200);
    EXPECT_EQ(status_of(bearer(generator_)), 401);
    const auto issued = json_of(send_as(
        admin_,
        "POST /admin/keys",
        R"({"tenant": "studio", "scopes": ["generate"], "expiresInSeconds": 60})"));
    const std::string short_lived = issued["key"].as_string();
    EXPECT_EQ(status_of(bearer(short_lived)), 200);
    clock_.now_ms += 60'000;
    EXPECT_EQ(status_of(bearer(short_lived)), 401);
    EXPECT_THAT(audited(), Contains("key:" + id + " key.use " + id + " revoked"));
    const std::string second = issued["id"].as_string();
    EXPECT_THAT(audited(), Contains("key:" + second + " key.use " + second + " expired"));
}

TEST_F(Admission, TwoKeysOfATenantLiveSideBySide) {
    const std::string next = key_for("studio", {Scope::generate});
    EXPECT_EQ(status_of(bearer(generator_)), 200);
    EXPECT_EQ(status_of(bearer(next)), 200);
    send_as(admin_, "DELETE /admin/keys/" + generator_.substr(4, 16));
    EXPECT_EQ(status_of(bearer(next)), 200);
}

TEST_F(Admission, ScopesAreAskedFor) {
    add_user("ann", "12345678", Role::user);
    const std::string session = json_of(log_in("ann", "12345678"))["token"].as_string();
    for (const char* route :
         {"GET /admin/keys",
          "POST /admin/keys",
          "DELETE /admin/keys/x",
          "GET /admin/users",
          "POST /admin/users",
          "DELETE /admin/users/x",
          "GET /admin/tenants/x",
          "PUT /admin/tenants/x",
          "GET /admin/audit",
          "POST /batch_update_sd_resource",
          "POST /del/sd/functions",
          "POST /restart",
          "GET /metrics"}) {
        EXPECT_EQ(send_as(generator_, route).status, 403) << route;
        EXPECT_EQ(send_as(session, route).status, 403) << route;
    }
    for (const char* route : {"POST /models", "DELETE /models/x"})
        EXPECT_EQ(send_as(generator_, route).status, 403) << route;
    EXPECT_EQ(send_as(admin_, "GET /metrics").status, 200);
    EXPECT_EQ(send_as(admin_, "GET /tasks").status, 200) << "admin includes the other scopes";
    const std::string models_only = key_for("studio", {Scope::models});
    EXPECT_EQ(send_as(models_only, "POST /txt2img", "{}").status, 403);
    EXPECT_THAT(
        audited(),
        Contains(
            "key:" + generator_.substr(4, 16) + " access GET /metrics scope admin is missing"));
}

TEST_F(Admission, TheLastUseOfAKeyIsShown) {
    send_as(generator_, "GET /tasks");
    const json::Value keys = json_of(send_as(admin_, "GET /admin/keys?tenant=studio"))["keys"];
    ASSERT_EQ(keys.as_array().size(), 1U);
    EXPECT_EQ(keys[0]["lastUsedMs"].as_integer(), clock_.now_ms);
}

TEST_F(Admission, ALogInGivesATokenThatLastsAnHourAfterItsLastUse) {
    add_user("ann", "12345678", Role::user);
    const auto answer = log_in("ann", "12345678");
    EXPECT_EQ(answer.status, 200);
    const json::Value body = json_of(answer);
    const std::string token = body["token"].as_string();
    EXPECT_THAT(token, MatchesRegex("[0-9a-f]{64}"));
    EXPECT_EQ(body["userName"].as_string(), "ann");
    EXPECT_EQ(body["message"].as_string(), "login success");
    EXPECT_EQ(
        answer.headers.get("Set-Cookie"),
        "darkroom_session=" + token + "; Path=/; HttpOnly; SameSite=Strict");
    for (int i = 0; i < 3; ++i) {
        clock_.now_ms += 3'599'000;
        EXPECT_EQ(status_of({{"Token", token}}), 200) << i;
    }
    EXPECT_EQ(status_of({{"Cookie", "a=b; darkroom_session=" + token}}), 200);
    EXPECT_EQ(status_of(bearer(token)), 200);
    clock_.now_ms += 3'600'000;
    EXPECT_EQ(status_of({{"Token", token}}), 401);
}

TEST_F(Admission, AFailedLogInHasTheReferencesBody) {
    add_user("ann", "12345678", Role::user);
    for (const auto& [user, password] :
         {std::pair{"ann", "wrong"},
          {"bob", "12345678"},
          {"", ""},
          {"'; DROP TABLE account", "x"}}) {
        const auto answer = log_in(user, password);
        EXPECT_EQ(answer.status, 401) << user;
        EXPECT_EQ(answer.body, R"({"message":"login fail","token":"","userName":""})");
    }
    EXPECT_EQ(post("/login", "nonsense").status, 400);
    EXPECT_THAT(audited(), Contains("anonymous login ann wrong password"));
}

TEST_F(Admission, TheStrictModeAnswersStrangersWith410) {
    serve({.requires_credentials = true, .is_strict = true});
    for (const char* path : {"/tasks", "/sdapi/v1/samplers", "/nowhere"}) {
        const auto answer = get(path, {{"Token", "wrong"}});
        EXPECT_EQ(answer.status, 410) << path;
        EXPECT_EQ(answer.body, R"({"message":"please login first or login expired"})");
    }
    EXPECT_EQ(log_in("nobody", "12345678").status, 410);
    EXPECT_EQ(send_as(generator_, "GET /tasks").status, 200);
}

TEST_F(Admission, ALogOutEndsTheSession) {
    add_user("ann", "12345678", Role::user);
    const std::string token = json_of(log_in("ann", "12345678"))["token"].as_string();
    const std::string other = json_of(log_in("ann", "12345678"))["token"].as_string();
    const auto answer = send("POST", "/logout", {{"Token", token}}, "");
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(std::string(answer.headers.get("Set-Cookie")), HasSubstr("Max-Age=0"));
    EXPECT_EQ(status_of({{"Token", token}}), 401);
    EXPECT_EQ(status_of({{"Token", other}}), 200);
    EXPECT_EQ(send_as(generator_, "POST /logout").status, 400);
}

TEST_F(Admission, ASessionEndsWithItsUser) {
    add_user("ann", "12345678", Role::user);
    const std::string token = json_of(log_in("ann", "12345678"))["token"].as_string();
    ASSERT_EQ(send_as(admin_, "DELETE /admin/users/ann").status, 200);
    EXPECT_EQ(status_of({{"Token", token}}), 401);
    EXPECT_EQ(status_of({{"Authorization", basic("ann:12345678")}}), 401);
}

TEST_F(Admission, APasswordInBasicIsProvenOnceAndOnlyWhileItIsTheUsers) {
    add_user("ann", "12345678", Role::user);
    const http::Headers right{{"Authorization", basic("ann:12345678")}};
    for (int i = 0; i < 100; ++i)
        ASSERT_EQ(status_of(right), 200);
    EXPECT_EQ(status_of({{"Authorization", basic("ann:123456789")}}), 401);
    send_as(admin_, "DELETE /admin/users/ann");
    add_user("ann", "another one", Role::user);
    EXPECT_EQ(status_of(right), 401);
}

TEST_F(Admission, TheUsernameHeaderIsNotBelieved) {
    const auto answer = send_as(
        generator_,
        "POST /txt2img",
        R"({"stable_diffusion_model": "icons"})",
        {{"Request-Type", "async"}, {"username", "house"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(draw_next().tenant, "studio");
}

TEST_F(Admission, ATicketOpensOneGetAndNoAdministration) {
    const auto issued = json_of(send_as(admin_, "POST /tickets"));
    const std::string ticket = "?ticket=" + issued["ticket"].as_string();
    EXPECT_EQ(issued["expiresInSeconds"].as_integer(), 30);
    EXPECT_EQ(status_of({}, "/tasks" + ticket), 200);
    EXPECT_EQ(status_of({}, "/tasks" + ticket), 401);
    const std::string second =
        "?ticket=" + json_of(send_as(admin_, "POST /tickets"))["ticket"].as_string();
    EXPECT_EQ(status_of({}, "/admin/keys" + second), 403);
    const std::string third =
        "?ticket=" + json_of(send_as(admin_, "POST /tickets"))["ticket"].as_string();
    EXPECT_EQ(send("POST", "/sdapi/v1/interrupt" + third, {}, "").status, 401);
    clock_.now_ms += 30'000;
    EXPECT_EQ(status_of({}, "/tasks" + third), 401);
}

TEST_F(Admission, AThousandWrongKeysLockTheAddressOutForAWhile) {
    const http::Headers wrong = bearer("drk_0123456789abcdef_" + std::string(64, '0'));
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(status_of(wrong), 401) << i;
    const auto locked = get("/tasks", wrong);
    EXPECT_EQ(locked.status, 429);
    EXPECT_EQ(locked.headers.get("Retry-After"), "1");
    EXPECT_EQ(status_of(bearer(generator_)), 429) << "or guessing would go on";
    EXPECT_EQ(status_of({}, "/healthz"), 200);
    EXPECT_THAT(audited(), Contains("anonymous lock-out 127.0.0.1 too many wrong keys"));
    clock_.now_ms += 1000;
    EXPECT_EQ(status_of(bearer(generator_)), 200);
}

TEST_F(Admission, TwentyWrongPasswordsLockTheAddressOutButNotItsKeys) {
    add_user("ann", "12345678", Role::user);
    for (int i = 0; i < 20; ++i)
        ASSERT_EQ(log_in("ann", format("wrong {}", i)).status, 401);
    const auto locked = log_in("ann", "12345678");
    EXPECT_EQ(locked.status, 429);
    EXPECT_EQ(locked.headers.get("Retry-After"), "15");
    EXPECT_EQ(status_of(bearer(generator_)), 200);
    clock_.now_ms += 15'000;
    EXPECT_EQ(log_in("ann", "12345678").status, 200);
}

TEST_F(Admission, ATenantsRateIsBounded) {
    const std::string other = key_for("agency", {Scope::generate});
    ASSERT_EQ(
        send_as(admin_, "PUT /admin/tenants/studio", R"({"quotas": {"requestsPerSecond": 2}})")
            .status,
        200);
    for (int i = 0; i < 4; ++i)
        ASSERT_EQ(status_of(bearer(generator_)), 200) << i;
    const auto refused = get("/tasks", bearer(generator_));
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.headers.get("Retry-After"), "1");
    EXPECT_THAT(refused.body, HasSubstr("quotas.requestsPerSecond: 2"));
    EXPECT_EQ(get("/sdapi/v1/samplers", bearer(generator_)).status, 429);
    EXPECT_EQ(status_of(bearer(other)), 200);
    clock_.now_ms += 500;
    EXPECT_EQ(status_of(bearer(generator_)), 200);
    ASSERT_EQ(send_as(admin_, "PUT /admin/tenants/studio", R"({"quotas": {}})").status, 200);
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(status_of(bearer(generator_)), 200) << "the quota is gone at once";
}

TEST_F(Admission, BehindATrustedProxyClientsAreToldApart) {
    serve({.requires_credentials = true, .forwarding = {.trusted_proxies = {"127.0.0.1"}}});
    http::Headers wrong = bearer("drk_0123456789abcdef_" + std::string(64, '0'));
    wrong.set("X-Forwarded-For", "203.0.113.9");
    for (int i = 0; i < 1000; ++i)
        ASSERT_EQ(status_of(wrong), 401) << i;
    EXPECT_EQ(status_of(wrong), 429);
    http::Headers right = bearer(generator_);
    right.set("X-Forwarded-For", "203.0.113.10");
    EXPECT_EQ(status_of(right), 200);
    add_user("ann", "12345678", Role::user);
    const auto answer = send(
        "POST",
        "/login",
        {{"X-Forwarded-Proto", "https"}},
        R"({"userName": "ann", "password": "12345678"})");
    EXPECT_THAT(std::string(answer.headers.get("Set-Cookie")), HasSubstr("; Secure"));
}

TEST_F(Admission, AnAnswerCarriesTheRequestsName) {
    EXPECT_EQ(get("/healthz", {{"X-Request-Id", "mine-1"}}).headers.get("X-Request-Id"), "mine-1");
    EXPECT_THAT(
        std::string(get("/tasks", {{"X-Request-Id", "not a word"}}).headers.get("X-Request-Id")),
        MatchesRegex("[0-9a-f]{32}"));
}

TEST_F(Admission, ARefusalSaysTheTraceThatItBelongsTo) {
    const std::string sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    const auto refused = get("/tasks", {{"traceparent", sent}});
    EXPECT_EQ(refused.status, 401);
    EXPECT_THAT(
        std::string(refused.headers.get("traceresponse")),
        MatchesRegex("00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-00"));
}

TEST_F(Admission, ChangesOfFunctionsAndRestartsAreAudited) {
    const auto changed = send_as(
        admin_, "POST /batch_update_sd_resource", R"({"models": ["icons"], "timeout": 60})");
    EXPECT_EQ(changed.status, 200);
    const std::string name = functions_.all().at(0).name;
    const std::string gone = R"({"functions": [")" + name + R"("]})";
    EXPECT_EQ(send_as(admin_, "POST /del/sd/functions", gone).status, 200);
    EXPECT_EQ(send_as(admin_, "POST /del/sd/functions", gone).status, 404);
    EXPECT_EQ(send_as(admin_, "POST /restart").status, 200);
    const std::string who = "key:" + admin_.substr(4, 16);
    EXPECT_THAT(
        audited(),
        ElementsAre(
            who + " function.change icons.safetensors ok",
            who + " function.remove icons.safetensors ok",
            who + " POST /del/sd/functions /del/sd/functions 404",
            who + " agents.restart  ok"));
}

TEST_F(Admission, WhoAsksForTooMuchIsAuditedOnceAMinute) {
    const auto count = [&] { return audited().size(); };
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(send_as(generator_, "GET /admin/keys").status, 403);
    EXPECT_EQ(count(), 1U);
    EXPECT_EQ(send_as(generator_, "GET /metrics").status, 403);
    EXPECT_EQ(count(), 2U);
    clock_.now_ms += 60'000;
    EXPECT_EQ(send_as(generator_, "GET /admin/keys").status, 403);
    EXPECT_EQ(count(), 3U);
}

TEST_F(Admission, ChangesOfModelsAreAudited) {
    const std::string target = "/models/icons.safetensors?type=stableDiffusion";
    EXPECT_EQ(send_as(admin_, "PUT " + target, R"({"note": "little pictures"})").status, 200);
    EXPECT_EQ(send_as(admin_, "DELETE " + target).status, 200);
    EXPECT_EQ(send_as(admin_, "DELETE /models/nonsense?type=lora").status, 404);
    const std::string who = "key:" + admin_.substr(4, 16);
    EXPECT_THAT(
        audited(),
        ElementsAre(
            who + " model.change stableDiffusion icons.safetensors ok",
            who + " model.delete stableDiffusion icons.safetensors ok",
            who + " DELETE /models/{name...} /models/nonsense 404 model not exist"));
}

TEST_F(Admission, AdministrationIsAudited) {
    const std::string body = R"({"tenant": "studio", "scopes": ["generate"], "label": "shop"})";
    const auto issued =
        json_of(send_as(admin_, "POST /admin/keys", body, {{"X-Request-Id", "r-1"}}));
    const std::string id = issued["id"].as_string();
    send_as(admin_, "DELETE /admin/keys/" + id);
    send_as(admin_, "POST /admin/users", R"({"userName": "ann", "password": "12345678"})");
    send_as(admin_, "POST /admin/users", R"({"userName": "ann", "password": "12345678"})");
    send_as(admin_, "DELETE /admin/users/ann");
    const std::string who = "key:" + admin_.substr(4, 16);
    EXPECT_THAT(
        audited(),
        ElementsAre(
            who + " key.create " + id + " studio generate ok",
            who + " key.revoke " + id + " ok",
            who + " user.create ann ann user ok",
            who + " user.create ann ann user the user's name is taken",
            who + " user.remove ann ok"));
    const json::Value page = json_of(send_as(admin_, "GET /admin/audit?limit=2"));
    EXPECT_EQ(page["records"].as_array().size(), 2U);
    const json::Value rest =
        json_of(send_as(admin_, format("GET /admin/audit?before={}", page["next"].as_integer())));
    EXPECT_EQ(rest["records"][2]["requestId"].as_string(), "r-1");
    EXPECT_EQ(rest["records"][2]["address"].as_string(), "127.0.0.1");
    EXPECT_TRUE(rest["next"].is_null());
}

class OpenAccess : public CredentialsTest {
  protected:
    OpenAccess() : CredentialsTest({.requires_credentials = false}) {}
};

TEST_F(OpenAccess, EverybodyIsTheTenantLocalAndMayDoEverything) {
    EXPECT_EQ(get("/tasks").status, 200);
    EXPECT_EQ(get("/admin/keys").status, 200);
    EXPECT_EQ(post("/txt2img", "{}").status, 400) << "it got as far as the body";
}

TEST_F(OpenAccess, WhatClientsSendUnaskedIsOverlookedButAWrongKeyIsNot) {
    EXPECT_EQ(get("/tasks", {{"Token", "of another server"}}).status, 200);
    EXPECT_EQ(get("/tasks", {{"Token", ""}}).status, 200);
    EXPECT_EQ(get("/tasks", {{"Cookie", "darkroom_session=old"}}).status, 200);
    EXPECT_EQ(get("/tasks", {{"X-API-Key", "wrong"}}).status, 401);
    EXPECT_EQ(get("/tasks", {{"Authorization", "Bearer wrong"}}).status, 401);
}

TEST_F(OpenAccess, AKeyStillSaysWhoCalls) {
    const std::string key = key_for("studio", {Scope::generate});
    EXPECT_EQ(send_as(key, "GET /admin/keys").status, 403);
    ASSERT_EQ(
        send_as(
            key,
            "POST /txt2img",
            R"({"stable_diffusion_model": "icons"})",
            {{"Request-Type", "async"}})
            .status,
        200);
    EXPECT_EQ(draw_next().tenant, "studio");
}

}  // namespace
}  // namespace darkroom::gateway
