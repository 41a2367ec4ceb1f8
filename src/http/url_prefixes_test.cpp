// SPDX-License-Identifier: Apache-2.0
#include "http/url_prefixes.h"

#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

TEST(UrlPrefixes, WhatIsBelowAPlaceIsAllowed) {
    const UrlPrefixes prefixes =
        UrlPrefixes::parse({"https://example.org/models/", "https://other.org/"}).value();
    for (const char* url :
         {"https://example.org/models/a.safetensors",
          "HTTPS://EXAMPLE.org:443/models/sub/a.safetensors?download=true",
          "https://example.org/x/../models/a.safetensors",
          "https://other.org/anything"})
        EXPECT_TRUE(prefixes.permits(url)) << url;
}

TEST(UrlPrefixes, NoSpellingLeadsElsewhere) {
    const UrlPrefixes prefixes = UrlPrefixes::parse({"https://example.org/models/"}).value();
    for (const char* url :
         {"https://example.org/private/a",
          "https://example.org/models/../private/a",
          "https://example.org/models/%2e%2e/private/a",
          "https://example.org/models/..%2fprivate/a",
          "https://example.org/models/..%5Cprivate/a",
          "https://example.org.evil.net/models/a",
          "https://example.org@evil.net/models/a",
          "https://evil.net/https://example.org/models/a",
          "https://example.org:8443/models/a",
          "http://example.org/models/a",
          "ftp://example.org/models/a",
          "file:///models/a",
          "//example.org/models/a",
          "example.org/models/a",
          "https://example.org/models",
          ""})
        EXPECT_FALSE(prefixes.permits(url)) << url;
    EXPECT_FALSE(UrlPrefixes().permits("https://example.org/models/a"));
}

TEST(UrlPrefixes, APlaceThatIsNoneIsRefused) {
    for (const char* place :
         {"", "example.org/", "https://example.org/models", "ftp://example.org/", "https://u@h/"})
        EXPECT_FALSE(UrlPrefixes::parse({place})) << place;
}

}  // namespace
}  // namespace darkroom::http
