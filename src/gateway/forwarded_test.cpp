// SPDX-License-Identifier: Apache-2.0
#include "gateway/forwarded.h"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

const ForwardingPolicy kPolicy{{"127.0.0.1", "10.0.0.2"}, {.allowed = {"pictures.example.org"}}};

http::Request passed_on(const std::string& peer, http::Headers headers) {
    http::Request request;
    request.remote_address = peer;
    request.headers = std::move(headers);
    apply_forwarded(request, kPolicy);
    return request;
}

TEST(Forwarded, ATrustedProxyIsBelieved) {
    const http::Request request = passed_on(
        "127.0.0.1",
        {{"Host", "127.0.0.1:7860"},
         {"X-Forwarded-For", "203.0.113.9"},
         {"X-Forwarded-Proto", "https"},
         {"X-Forwarded-Host", "pictures.example.org"}});
    EXPECT_EQ(request.remote_address, "203.0.113.9");
    EXPECT_EQ(request.headers.get("Host"), "pictures.example.org");
    EXPECT_EQ(scheme_of(request), "https");
}

TEST(Forwarded, AnybodyElseIsNot) {
    const http::Request request = passed_on(
        "203.0.113.9",
        {{"Host", "here"},
         {"X-Forwarded-For", "127.0.0.1"},
         {"X-Forwarded-Proto", "https"},
         {"X-Forwarded-Host", "evil.example"}});
    EXPECT_EQ(request.remote_address, "203.0.113.9");
    EXPECT_EQ(request.headers.get("Host"), "here");
    EXPECT_EQ(scheme_of(request), "http");
    EXPECT_EQ(request.headers.count("X-Forwarded-For"), 0U);
}

TEST(Forwarded, TlsIsTakenFromTheConnectionUnlessAProxySaysOtherwise) {
    http::Request request;
    request.is_encrypted = true;
    EXPECT_EQ(scheme_of(request), "https");
    request.remote_address = "203.0.113.9";
    request.headers.set("X-Forwarded-Proto", "http");
    apply_forwarded(request, kPolicy);
    EXPECT_EQ(scheme_of(request), "https");
    request.remote_address = "127.0.0.1";
    request.headers.set("X-Forwarded-Proto", "http");
    apply_forwarded(request, kPolicy);
    EXPECT_EQ(scheme_of(request), "http");
}

TEST(Forwarded, WhatAClientWroteIntoTheListItselfIsHearsay) {
    const auto address = [](const char* list) {
        return passed_on("127.0.0.1", {{"X-Forwarded-For", list}}).remote_address;
    };
    EXPECT_EQ(address("198.51.100.1, 203.0.113.9"), "203.0.113.9");
    EXPECT_EQ(address("198.51.100.1, 203.0.113.9, 10.0.0.2"), "203.0.113.9");
    EXPECT_EQ(address("2001:db8::1"), "2001:db8::1");
    EXPECT_EQ(address("2001:DB8:0::1"), "2001:db8::1");
    EXPECT_EQ(address("203.0.113.9:5001"), "203.0.113.9");
    EXPECT_EQ(address("[2001:db8::1]:5001"), "2001:db8::1");
    EXPECT_EQ(address("[2001:db8::1"), "2001:db8::1");
    EXPECT_EQ(address("1.2.3.4.5"), "127.0.0.1");
    EXPECT_EQ(address("203.0.113.9, nonsense"), "127.0.0.1");
    EXPECT_EQ(address(""), "127.0.0.1");
    const http::Request twice = passed_on(
        "127.0.0.1", {{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-For", "203.0.113.9"}});
    EXPECT_EQ(twice.remote_address, "203.0.113.9");
}

TEST(Forwarded, AHostThatIsNoneIsOverlooked) {
    for (const char* host : {"", "a/b", "a b", "user@host", "\"><script>", "evil.example"}) {
        const http::Request request =
            passed_on("127.0.0.1", {{"Host", "here"}, {"X-Forwarded-Host", host}});
        EXPECT_EQ(request.headers.get("Host"), "here") << host;
    }
}

}  // namespace
}  // namespace darkroom::gateway
