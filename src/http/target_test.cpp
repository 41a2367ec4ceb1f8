// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

using Segments = std::vector<std::string>;

TEST(Target, SegmentsAreDecodedOneByOne) {
    const Target target = parse_target("/models/a%2Fb/c%20d?x=1").value();
    EXPECT_EQ(target.segments, (Segments{"models", "a/b", "c d"}));
    EXPECT_EQ(target.path, "/models/a/b/c d");
    EXPECT_EQ(target.raw_path, "/models/a%2Fb/c%20d");
    EXPECT_EQ(target.raw_query, "?x=1");
}

TEST(Target, RootAndTrailingSlash) {
    EXPECT_EQ(parse_target("/").value().segments, Segments());
    EXPECT_EQ(parse_target("/").value().path, "/");
    EXPECT_EQ(parse_target("/a/").value().segments, (Segments{"a", ""}));
    EXPECT_EQ(parse_target("//a").value().segments, (Segments{"", "a"}));
    EXPECT_EQ(parse_target("/a/").value().path, "/a/");
}

TEST(Target, QueryIsDecodedAsAForm) {
    const Target target =
        parse_target("/p?a=1&b=two+words&c=%E7%8C%AB&a=2&flag&=empty&&e=a=b").value();
    EXPECT_EQ(target.query.get("a"), "1");
    EXPECT_EQ(target.query.get("b"), "two words");
    EXPECT_EQ(target.query.get("c"), "\xe7\x8c\xab");
    ASSERT_NE(target.query.find("flag"), nullptr);
    EXPECT_EQ(target.query.get("flag"), "");
    EXPECT_EQ(target.query.get("e"), "a=b");
    EXPECT_EQ(target.query.find("missing"), nullptr);
}

TEST(Target, AbsoluteFormNamesItsHost) {
    const Target target = parse_target("http://Example.com:80/a?b=c").value();
    EXPECT_EQ(target.authority, "Example.com:80");
    EXPECT_EQ(target.segments, Segments{"a"});
    EXPECT_EQ(parse_target("http://example.com").value().path, "/");
}

TEST(Target, MalformedOnesAreRefused) {
    const std::vector<std::string> targets = {
        "",        "*",        "host:443",   "ftp://x/a",     "http:///a", "/%",
        "/%4",     "/%zz",     "/a?b=%",     "/a?b=%zz",      "/a%00",     "/a?b=%00",
        "/a%ff",   "/a?b=%ff", "/a%0d%0aX:", "/a%7f",         "/a#b",      "/%c0%ae%c0%ae/",
        "/.",      "/..",      "/a/../b",    "/a/./b",        "/%2e%2e/b", "/a/%2E%2E",
        "/..%2fb", "/a%2f..",  "/a%5c..%5c", "/a/..%5c..%5cb"};
    for (const std::string& text : targets) {
        const Result<Target> target = parse_target(text);
        ASSERT_FALSE(target.has_value()) << text;
        EXPECT_EQ(target.error().code, ErrorCode::invalid_argument) << text;
    }
}

TEST(Target, DotsInsideNamesAreFine) {
    EXPECT_EQ(parse_target("/...").value().segments, Segments{"..."});
    EXPECT_EQ(parse_target("/a..b/.hidden").value().segments, (Segments{"a..b", ".hidden"}));
    EXPECT_EQ(parse_target("/a?path=../b").value().query.get("path"), "../b");
}

TEST(PercentEncode, RoundTrips) {
    const std::string text = "a/b ?&=%+\xe7\x8c\xab~";
    EXPECT_EQ(percent_encode(text), "a%2Fb%20%3F%26%3D%25%2B%E7%8C%AB~");
    EXPECT_EQ(percent_decode(percent_encode(text)).value(), text);
}

}  // namespace
}  // namespace darkroom::http
