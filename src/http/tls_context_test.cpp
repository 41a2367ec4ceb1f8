// SPDX-License-Identifier: Apache-2.0
#include "http/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"
#include "http/tls_fixture.h"

namespace darkroom::http {
namespace {

using testing::HasSubstr;
using Handshake = TlsChannel::Handshake;
using Waiting = TlsChannel::Waiting;

/// Carries bytes to and fro until both sides are content or one fails.
Result<void> shake_hands(TlsChannel& client, TlsChannel& server) {
    for (int turn = 0; turn < 10; ++turn) {
        const auto asked = client.shake_hands();
        server.feed(client.take_outgoing());
        const auto answered = server.shake_hands();
        client.feed(server.take_outgoing());
        if (!asked) return asked.error();
        if (!answered) return answered.error();
        if (*asked == Handshake::done && *answered == Handshake::done) return {};
    }
    return Error{ErrorCode::internal, "no end of the handshake"};
}

std::string read_all(TlsChannel& channel) {
    std::string text;
    std::array<char, 1000> space{};
    for (;;) {
        const auto count = channel.read(space).value();
        if (!count || *count == 0) return text;
        text.append(space.data(), *count);
    }
}

class TlsPair : public testing::Test {
  protected:
    static TlsContext trusting() { return TlsContext::of_client(kTlsFiles.certificate).value(); }

    TlsChannel server_ = TlsContext::of_server(kTlsFiles).value().accept();
    TlsChannel client_ = trusting().connect("localhost");
};

TEST_F(TlsPair, WhatOneWritesTheOtherReads) {
    ASSERT_TRUE(shake_hands(client_, server_));
    const std::string large(100'000, 'x');
    ASSERT_TRUE(client_.write(large));
    const std::string sent = client_.take_outgoing();
    EXPECT_EQ(sent.find(std::string(50, 'x')), std::string::npos);
    // In pieces that keep no record whole.
    std::string received;
    for (std::size_t at = 0; at < sent.size(); at += 777) {
        server_.feed(std::string_view(sent).substr(at, 777));
        received += read_all(server_);
    }
    EXPECT_EQ(received, large);
    ASSERT_TRUE(server_.write("answer"));
    client_.feed(server_.take_outgoing());
    EXPECT_EQ(read_all(client_), "answer");
}

TEST_F(TlsPair, TheEndIsSeenBehindTheLastBytes) {
    ASSERT_TRUE(shake_hands(client_, server_));
    EXPECT_EQ(server_.waiting(), Waiting::nothing);
    ASSERT_TRUE(client_.write("last"));
    client_.close();
    server_.feed(client_.take_outgoing());
    EXPECT_EQ(server_.waiting(), Waiting::bytes);
    EXPECT_EQ(read_all(server_), "last");
    EXPECT_EQ(server_.waiting(), Waiting::end);
    std::array<char, 10> space{};
    EXPECT_EQ(server_.read(space).value(), 0U);
    // Its own side stays open.
    ASSERT_TRUE(server_.write("still here"));
    client_.feed(server_.take_outgoing());
    EXPECT_EQ(read_all(client_), "still here");
}

TEST_F(TlsPair, BytesThatWereChangedOnTheWayAreAFailure) {
    ASSERT_TRUE(shake_hands(client_, server_));
    ASSERT_TRUE(client_.write("text"));
    std::string sent = client_.take_outgoing();
    sent.back() = static_cast<char>(sent.back() ^ 1);
    server_.feed(sent);
    std::array<char, 10> space{};
    EXPECT_EQ(server_.read(space).error().code, ErrorCode::unavailable);
    EXPECT_EQ(server_.waiting(), Waiting::end);
}

TEST_F(TlsPair, PlainHttpIsRecognised) {
    server_.feed("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(server_.shake_hands().value(), Handshake::plain_http);
}

TEST_F(TlsPair, OtherBytesAreAFailure) {
    server_.feed(std::string(100, '\0'));
    EXPECT_EQ(server_.shake_hands().error().code, ErrorCode::unavailable);
}

TEST_F(TlsPair, AServerHasToBeWhomTheClientCalled) {
    for (const char* host : {"localhost", "127.0.0.1", "::1"}) {
        TlsChannel server = TlsContext::of_server(kTlsFiles).value().accept();
        TlsChannel client = trusting().connect(host);
        EXPECT_TRUE(shake_hands(client, server)) << host;
    }
    for (const char* host : {"example.org", "127.0.0.2", "localhost.example.org"}) {
        TlsChannel server = TlsContext::of_server(kTlsFiles).value().accept();
        TlsChannel client = trusting().connect(host);
        const Result<void> refused = shake_hands(client, server);
        ASSERT_FALSE(refused) << host;
        EXPECT_THAT(refused.error().message, HasSubstr("does not prove who it is")) << host;
    }
}

TEST_F(TlsPair, AnAuthorityThatNobodyNamedIsNotBelieved) {
    TlsChannel client = TlsContext::of_client({}).value().connect("localhost");
    const Result<void> refused = shake_hands(client, server_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("does not prove who it is"));
}

TEST(TlsFiles, ThatDoNotWorkAreNamed) {
    const std::filesystem::path nowhere = kTlsFiles.key.parent_path() / "none.pem";
    struct Row {
        TlsFiles files;
        ErrorCode code;
        const char* words;
    };
    const std::filesystem::path& certificate = kTlsFiles.certificate;
    const std::filesystem::path& key = kTlsFiles.key;
    for (const Row& row :
         {Row{{nowhere, key}, ErrorCode::not_found, "none.pem"},
          Row{{certificate, nowhere}, ErrorCode::not_found, "none.pem"},
          Row{{key, key}, ErrorCode::invalid_argument, "no certificate"},
          Row{{certificate, certificate}, ErrorCode::invalid_argument, "no key in PEM"},
          Row{{certificate, key.parent_path() / "locked-key.pem"},
              ErrorCode::invalid_argument,
              "with a password"},
          Row{{certificate, key.parent_path() / "other-key.pem"},
              ErrorCode::invalid_argument,
              "does not belong"}}) {
        const auto context = TlsContext::of_server(row.files);
        ASSERT_FALSE(context) << row.words;
        EXPECT_EQ(context.error().code, row.code) << context.error().message;
        EXPECT_THAT(context.error().message, HasSubstr(row.words));
    }
    EXPECT_EQ(TlsContext::of_client(nowhere).error().code, ErrorCode::not_found);
    EXPECT_EQ(TlsContext::of_client(key).error().code, ErrorCode::invalid_argument);
}

TEST(TlsFiles, ABrokenChainIsNotCutShort) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("darkroom-chain-" + random_id());
    const std::string one = read_file(kTlsFiles.certificate, 10'000).value();
    ASSERT_TRUE(write_file(file, one + one));
    EXPECT_TRUE(TlsContext::of_server({file, kTlsFiles.key}));
    ASSERT_TRUE(write_file(file, one + one.substr(0, one.size() / 2)));
    const auto broken = TlsContext::of_server({file, kTlsFiles.key});
    std::filesystem::remove(file);
    ASSERT_FALSE(broken);
    EXPECT_THAT(broken.error().message, HasSubstr("chain"));
}

}  // namespace
}  // namespace darkroom::http
