// SPDX-License-Identifier: Apache-2.0
#include "http/host_policy.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

TEST(HostPolicy, LoopbackNamesAreAllowedByDefault) {
    for (const std::string host :
         {"localhost",
          "LOCALHOST:7860",
          "localhost.",
          "ui.localhost",
          "127.0.0.1",
          "127.0.0.1:80",
          "127.1.2.3",
          "[::1]",
          "[::1]:7860"}) {
        EXPECT_TRUE(is_allowed_host(HostPolicy{}, host)) << host;
    }
}

TEST(HostPolicy, OthersAreNot) {
    for (const std::string host :
         {"evil.com",
          "localhost.evil.com",
          "127.0.0.1.evil.com",
          "127.evil.com",
          "192.168.1.2",
          "[2001:db8::1]",
          "notlocalhost",
          "localhost:x",
          "localhost@evil.com",
          "",
          ":80",
          "[::1",
          "localhost:123456",
          "localhost/a"}) {
        EXPECT_FALSE(is_allowed_host(HostPolicy{}, host)) << host;
    }
}

TEST(HostPolicy, ConfiguredNamesAreAllowed) {
    HostPolicy policy;
    policy.allowed = {"Darkroom.example", "one.example:8080", "*.farm.example"};
    EXPECT_TRUE(is_allowed_host(policy, "darkroom.example"));
    EXPECT_TRUE(is_allowed_host(policy, "darkroom.example:443"));
    EXPECT_TRUE(is_allowed_host(policy, "one.example:8080"));
    EXPECT_FALSE(is_allowed_host(policy, "one.example"));
    EXPECT_TRUE(is_allowed_host(policy, "a.farm.example"));
    EXPECT_FALSE(is_allowed_host(policy, "farm.example"));
    EXPECT_FALSE(is_allowed_host(policy, "xfarm.example"));
    policy.allowed = {"*"};
    EXPECT_TRUE(is_allowed_host(policy, "anything.example"));
}

TEST(HostPolicy, AddressesAreAllowedBeyondLoopback) {
    HostPolicy policy;
    policy.allows_addresses = true;
    EXPECT_TRUE(is_allowed_host(policy, "192.168.1.2:7860"));
    EXPECT_TRUE(is_allowed_host(policy, "[2001:db8::1]:7860"));
    EXPECT_FALSE(is_allowed_host(policy, "192.168.1.2.evil.com"));
    EXPECT_FALSE(is_allowed_host(policy, "evil.com"));
}

TEST(HostPolicy, SameHostComparesNameAndPort) {
    EXPECT_TRUE(is_same_host("http://localhost:7860", "localhost:7860"));
    EXPECT_TRUE(is_same_host("https://darkroom.example", "darkroom.example"));
    EXPECT_TRUE(is_same_host("http://darkroom.example", "darkroom.example:80"));
    EXPECT_TRUE(is_same_host("http://[::1]:7860", "[::1]:7860"));
    EXPECT_FALSE(is_same_host("http://localhost:3000", "localhost:7860"));
    EXPECT_FALSE(is_same_host("http://evil.com:7860", "localhost:7860"));
    EXPECT_FALSE(is_same_host("null", "localhost:7860"));
    EXPECT_FALSE(is_same_host("", "localhost:7860"));
}

TEST(HostPolicy, RefusalSaysHowToAllowTheName) {
    Headers headers;
    headers.add("Host", "pictures.example:7860");
    const std::optional<Problem> problem = check_host(HostPolicy{}, headers, "");
    ASSERT_TRUE(problem.has_value());
    EXPECT_EQ(problem->status, 421);
    EXPECT_THAT(problem->message, testing::HasSubstr("--allowed-host pictures.example"));
}

TEST(HostPolicy, AnAbsoluteTargetIsCheckedToo) {
    Headers headers;
    headers.add("Host", "localhost");
    EXPECT_TRUE(check_host(HostPolicy{}, headers, "evil.com").has_value());
    EXPECT_FALSE(check_host(HostPolicy{}, headers, "localhost").has_value());
}

}  // namespace
}  // namespace darkroom::http
