// SPDX-License-Identifier: Apache-2.0
#include "gateway/credential.h"

#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "domain/api_key.h"

namespace darkroom::gateway {
namespace {

const std::string kKey = "drk_0123456789abcdef_" + std::string(64, 'a');
const std::string kToken(64, 'b');

std::string basic(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return "Basic " + base64_encode(bytes);
}

Credential read(http::Headers headers, const std::string& target = "/tasks") {
    http::Request request;
    request.method = "GET";
    request.location = http::parse_target(target).value();
    request.headers = std::move(headers);
    return credential_of(request);
}

struct Case {
    const char* what;
    http::Headers headers;
    CredentialKind kind;
    std::string secret = {};
    std::string user = {};
};

TEST(Credential, IsReadFromWhereItIsSent) {
    const std::vector<Case> cases = {
        {"nothing", {}, CredentialKind::none},
        {"bearer", {{"Authorization", "Bearer " + kKey}}, CredentialKind::key, kKey},
        {"scheme in any case", {{"authorization", "bEARER  " + kKey}}, CredentialKind::key, kKey},
        {"session as bearer",
         {{"Authorization", "Bearer " + kToken}},
         CredentialKind::session,
         kToken},
        {"header", {{"X-API-Key", kKey}}, CredentialKind::key, kKey},
        {"token", {{"Token", kToken}}, CredentialKind::session, kToken},
        {"cookie",
         {{"Cookie", "a=b; darkroom_session=" + kToken}},
         CredentialKind::session,
         kToken},
        {"other cookies", {{"Cookie", "xdarkroom_session=1; a=b"}}, CredentialKind::none},
        {"password",
         {{"Authorization", basic("ann:pass:word")}},
         CredentialKind::password,
         "pass:word",
         "ann"},
        {"key as password", {{"Authorization", basic("x:" + kKey)}}, CredentialKind::key, kKey},
        {"key as name", {{"Authorization", basic(kKey + ":")}}, CredentialKind::key, kKey},
        {"authorization first",
         {{"Token", kToken}, {"Authorization", "Bearer " + kKey}},
         CredentialKind::key,
         kKey},
    };
    for (const Case& row : cases) {
        const Credential credential = read(row.headers);
        EXPECT_EQ(credential.kind, row.kind) << row.what;
        EXPECT_EQ(credential.secret, row.secret) << row.what;
        EXPECT_EQ(credential.user, row.user) << row.what;
    }
}

TEST(Credential, WhatIsNoneIsMalformedAndNotOverlooked) {
    const std::vector<http::Headers> cases = {
        {{"Authorization", ""}},
        {{"Authorization", "Bearer"}},
        {{"Authorization", "Bearer "}},
        {{"Authorization", kKey}},
        {{"Authorization", "Digest " + kKey}},
        {{"Authorization", "Negotiate abcd"}},
        {{"Authorization", "Basic !!!!"}},
        {{"Authorization", basic("no colon")}},
        {{"Authorization", basic(std::string_view("ann:pass\0word", 13))}},
        {{"Authorization", basic("ann:pass\r\nword")}},
        {{"Authorization", "Bearer drk_" + std::string(std::size_t{10} << 20, 'a')}},
        {{"Authorization", "Bearer " + kKey}, {"Authorization", "Bearer " + kKey}},
        {{"X-API-Key", kKey}, {"X-API-Key", kKey}},
        {{"X-API-Key", ""}},
    };
    for (const http::Headers& headers : cases) {
        EXPECT_EQ(read(headers).kind, CredentialKind::malformed)
            << headers.get("Authorization").substr(0, 80);
    }
}

TEST(Credential, OnlyATicketOfAGetIsReadFromTheQuery) {
    for (const char* name :
         {"key", "api_key", "token", "X-API-Key", "Authorization", "access_token"}) {
        const std::string target = "/tasks?" + std::string(name) + "=" + kKey;
        EXPECT_EQ(read({}, target).kind, CredentialKind::none) << name;
    }
    const Credential ticket = read({}, "/tasks?ticket=" + kToken);
    EXPECT_EQ(ticket.kind, CredentialKind::ticket);
    EXPECT_EQ(ticket.secret, kToken);
    http::Request post;
    post.method = "POST";
    post.location = http::parse_target("/txt2img?ticket=" + kToken).value();
    EXPECT_EQ(credential_of(post).kind, CredentialKind::none);
}

TEST(Credential, WhatClientsSendUnaskedIsMarked) {
    EXPECT_TRUE(read({{"Token", "x"}}).is_unasked);
    EXPECT_TRUE(read({{"Cookie", "darkroom_session=x"}}).is_unasked);
    EXPECT_FALSE(read({{"X-API-Key", kKey}}).is_unasked);
}

}  // namespace
}  // namespace darkroom::gateway
