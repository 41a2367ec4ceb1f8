// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"

namespace darkroom::http {
namespace {

const std::string kHead = "POST /a HTTP/1.1\r\nHost: localhost\r\n";

/// Feeds bytes in pieces, as a slow network would; returns what was not taken.
std::string feed_in_pieces(RequestParser& parser, std::string_view bytes, std::size_t piece) {
    std::string pending;
    for (std::size_t i = 0; i < bytes.size(); i += piece) {
        pending += bytes.substr(i, piece);
        std::size_t used = 1;
        while (used > 0 && !pending.empty()) {
            used = parser.feed(pending);
            pending.erase(0, used);
        }
    }
    return pending;
}

int status_of(std::string_view bytes, const Limits& limits = {}) {
    RequestParser parser(limits);
    feed_in_pieces(parser, bytes, bytes.size());
    if (parser.problem()) return parser.problem()->status;
    return parser.is_complete() ? 200 : 0;
}

TEST(RequestParser, ReadsHeadAndBodyInPiecesOfAnySize) {
    const std::string bytes = kHead + "X-Name:  value \r\nContent-Length: 5\r\n\r\nhelloGET /next";
    for (const std::size_t piece : {1U, 2U, 7U, 1000U}) {
        RequestParser parser{Limits()};
        const std::string rest = feed_in_pieces(parser, bytes, piece);
        ASSERT_TRUE(parser.is_complete()) << piece;
        EXPECT_EQ(rest, "GET /next");
        EXPECT_EQ(parser.head().method, "POST");
        EXPECT_EQ(parser.head().target, "/a");
        EXPECT_EQ(parser.head().headers.get("x-NAME"), "value");
        EXPECT_TRUE(parser.head().keep_alive);
        EXPECT_EQ(parser.take_body(), "hello");
    }
}

TEST(RequestParser, ReadsChunks) {
    const std::string bytes =
        kHead + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
    for (const std::size_t piece : {1U, 5U, 1000U}) {
        RequestParser parser{Limits()};
        EXPECT_EQ(feed_in_pieces(parser, bytes, piece), "");
        ASSERT_TRUE(parser.is_complete()) << piece;
        EXPECT_EQ(parser.take_body(), "abc0123456789");
    }
}

TEST(RequestParser, AmbiguousLengthsAreRefused) {
    EXPECT_EQ(status_of(kHead + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
    EXPECT_EQ(status_of(kHead + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"), 400);
    EXPECT_EQ(status_of(kHead + "Content-Length: 1, 1\r\n\r\na"), 400);
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    EXPECT_EQ(status_of(kHead + "Content-Length: 1\r\n" + chunked + "\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(status_of(kHead + chunked + "Content-Length: 1\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(status_of("POST / HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(status_of(kHead + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501);
    EXPECT_EQ(status_of(kHead + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 501);
}

TEST(RequestParser, BadLengthsAreRefused) {
    for (const std::string length : {"-1", "+1", "1x", "0x10", "99999999999999999999999", ""}) {
        EXPECT_EQ(status_of(kHead + "Content-Length: " + length + "\r\n\r\n"), 400) << length;
    }
    const std::string chunked = kHead + "Transfer-Encoding: chunked\r\n\r\n";
    for (const std::string size : {"-1", "g", "", "fffffffffffffffff"}) {
        EXPECT_EQ(status_of(chunked + size + "\r\n"), 400) << size;
    }
}

TEST(RequestParser, MalformedHeadsAreRefused) {
    const std::vector<std::string> heads = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1, '\0') + "\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01 this is TLS\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"};
    for (const std::string& head : heads)
        EXPECT_EQ(status_of(head), 400) << head;
    EXPECT_EQ(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
}

TEST(RequestParser, LimitsHold) {
    Limits limits;
    limits.header_bytes = 200;
    limits.body_bytes = 10;
    EXPECT_EQ(status_of(kHead + "X: " + std::string(300, 'x') + "\r\n\r\n", limits), 431);
    EXPECT_EQ(status_of(kHead + "X: " + std::string(300, 'x'), limits), 431);
    EXPECT_EQ(status_of(kHead + "Content-Length: 11\r\n\r\n", limits), 413);
    EXPECT_EQ(status_of(kHead + "Content-Length: 10\r\n\r\n0123456789", limits), 200);
    const std::string chunked = kHead + "Transfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(status_of(chunked + "6\r\n012345\r\n5\r\n01234\r\n", limits), 413);
    EXPECT_EQ(status_of(chunked + "4;" + std::string(300, 'x'), limits), 400);
    EXPECT_EQ(status_of(chunked + "0\r\nX: " + std::string(300, 'x'), limits), 400);
}

TEST(RequestParser, CompressedBodiesAndOddExpectationsAreRefused) {
    EXPECT_EQ(status_of(kHead + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na"), 415);
    EXPECT_EQ(status_of(kHead + "Expect: tea\r\nContent-Length: 1\r\n\r\na"), 417);
    EXPECT_EQ(status_of(kHead + "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\na"), 200);
}

TEST(RequestParser, KeepAliveFollowsVersionAndField) {
    const auto keeps = [](const std::string& bytes) {
        RequestParser parser{Limits()};
        feed_in_pieces(parser, bytes, bytes.size());
        return parser.head().keep_alive;
    };
    EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(ResponseParser, ReadsLengthChunksAndClose) {
    ResponseParser by_length{ResponseRules()};
    EXPECT_TRUE(by_length.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
    EXPECT_EQ(by_length.take().body, "hi");

    ResponseParser by_chunks{ResponseRules()};
    EXPECT_TRUE(by_chunks.feed(
        "HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"));
    const ClientResponse chunked = by_chunks.take();
    EXPECT_EQ(chunked.status, 404);
    EXPECT_EQ(chunked.body, "hi");

    ResponseParser by_close{ResponseRules()};
    EXPECT_TRUE(by_close.feed("HTTP/1.0 200 OK\r\nX-A: b\r\n\r\nhi"));
    EXPECT_FALSE(by_close.is_complete());
    EXPECT_TRUE(by_close.finish());
    const ClientResponse closed = by_close.take();
    EXPECT_EQ(closed.headers.get("x-a"), "b");
    EXPECT_EQ(closed.body, "hi");
}

TEST(ResponseParser, SkipsInterimResponses) {
    ResponseParser parser{ResponseRules()};
    EXPECT_TRUE(
        parser.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
    EXPECT_TRUE(parser.is_complete());
    EXPECT_EQ(parser.take().status, 200);
}

TEST(ResponseParser, CutAndOversizedAnswersFail) {
    ResponseParser cut{ResponseRules()};
    EXPECT_TRUE(cut.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"));
    EXPECT_EQ(cut.finish().error().code, ErrorCode::bad_upstream);

    ResponseRules small;
    small.body_bytes = 1;
    ResponseParser large(small);
    const Result<std::size_t> fed = large.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(fed.error().code, ErrorCode::payload_too_large);

    ResponseParser garbage{ResponseRules()};
    EXPECT_EQ(garbage.feed("SSH-2.0-OpenSSH\r\n\r\n").error().code, ErrorCode::bad_upstream);
}

TEST(Headers, ValuesCannotStartAHeaderOfTheirOwn) {
    Headers headers;
    headers.add("taskId", "a\r\nSet-Cookie: x");
    EXPECT_EQ(headers.get("TASKID"), "a  Set-Cookie: x");
    EXPECT_THROW(headers.add("bad name", "x"), ContractViolation);
    EXPECT_THROW(headers.add("", "x"), ContractViolation);
}

}  // namespace
}  // namespace darkroom::http
