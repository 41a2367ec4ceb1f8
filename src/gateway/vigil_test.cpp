// SPDX-License-Identifier: Apache-2.0
// What outlives its request ends with the credential that allowed it.
#include "gateway/vigil.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/credentials_fixture.h"
#include "runtime/block_on.h"

namespace darkroom::gateway {
namespace {

using domain::Role;
using domain::Scope;
using ::testing::HasSubstr;
using ::testing::Not;

/// The end of a chunked body.
constexpr const char* kEnd = "0\r\n\r\n";

runtime::Task<bool> looked_at(Vigil& vigil) {
    const bool holds = co_await vigil.holds();
    co_return holds;
}

class WithdrawnCredentials : public CredentialsTest {
  protected:
    using Client = std::unique_ptr<http::RawSocket>;

    /// A client that listens; it has read the greeting.
    Client listen(const std::string& header, const std::string& target = "/events") {
        auto socket = std::make_unique<http::RawSocket>(port());
        socket->send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n");
        EXPECT_THAT(socket->read_until("\r\n\r\n"), HasSubstr("200 OK"));
        socket->read_until("retry: 2000\n\n");
        return socket;
    }
    Client listen_as(const std::string& key, const std::string& target = "/events") {
        return listen("Authorization: Bearer " + key + "\r\n", target);
    }
    std::string ticket_of(const std::string& key) {
        return json_of(send_as(key, "POST /tickets"))["ticket"].as_string();
    }
    void revoke(const std::string& key) {
        ASSERT_EQ(send_as(admin_, "DELETE /admin/keys/" + key.substr(4, 16)).status, 200);
    }
    std::string log_in(const std::string& user) {
        const std::string body = R"({"userName": ")" + user + R"(", "password": "12345678"})";
        return json_of(post("/login", body))["token"].as_string();
    }
    std::string key_that_expires(std::int64_t at_ms) {
        const domain::KeyOrder order{
            .tenant = "studio", .scopes = {Scope::generate}, .expires_ms = at_ms};
        const domain::IssuedKey issued = domain::issue_key(order, clock_.now_ms).value();
        EXPECT_TRUE(storage::wait(accounts_, &storage::AccountStore::add_key, issued.key));
        return issued.text;
    }
    static void expect_end(const Client& client) {
        EXPECT_TRUE(client->read_to_end().ends_with(kEnd));
    }

    std::string admin_ = key_for("house", {Scope::admin});
    std::string first_ = key_for("studio", {Scope::generate});
    std::string second_ = key_for("studio", {Scope::generate});
};

TEST_F(WithdrawnCredentials, ARevokedKeysStreamsEndAndTheOthersGoOn) {
    submit("order-1", "studio");
    const Client of_tenant = listen_as(first_);
    const Client of_task = listen_as(first_, "/tasks/order-1/events");
    const Client other = listen_as(second_);
    revoke(first_);
    expect_end(of_tenant);
    expect_end(of_task);
    submit("order-2", "studio");
    EXPECT_THAT(other->read_until("\n\n"), HasSubstr("order-2"));
}

TEST_F(WithdrawnCredentials, AnExpiredKeysStreamTellsNothingMore) {
    const Client client = listen_as(key_that_expires(clock_.now_ms + 60'000));
    submit("before", "studio");
    client->read_until("before");
    clock_.now_ms += 60'000;
    submit("after", "studio");
    const std::string rest = client->read_to_end();
    EXPECT_THAT(rest, Not(HasSubstr("after")));
    EXPECT_TRUE(rest.ends_with(kEnd));
}

TEST_F(WithdrawnCredentials, AStreamEndsWithItsSessionOrItsUser) {
    add_user("ann", "12345678", Role::user);
    add_user("bob", "12345678", Role::user);
    const std::string token = log_in("ann");
    const Client left = listen("Token: " + token + "\r\n");
    const Client removed = listen("Token: " + log_in("bob") + "\r\n");
    const Client by_password = listen("Authorization: Basic Ym9iOjEyMzQ1Njc4\r\n");
    ASSERT_EQ(send("POST", "/logout", {{"Token", token}}, "").status, 200);
    expect_end(left);
    ASSERT_EQ(send_as(admin_, "DELETE /admin/users/bob").status, 200);
    expect_end(removed);
    expect_end(by_password);
}

TEST_F(WithdrawnCredentials, ATicketIsWorthNoMoreThanWhatItWasIssuedFor) {
    const std::string unused = ticket_of(first_);
    const Client client = listen("", "/events?ticket=" + ticket_of(first_));
    revoke(first_);
    EXPECT_EQ(get("/tasks?ticket=" + unused).status, 401);
    expect_end(client);
    const std::string late = ticket_of(key_that_expires(clock_.now_ms + 1'000));
    clock_.now_ms += 1'000;
    EXPECT_EQ(get("/tasks?ticket=" + late).status, 401);
}

TEST_F(WithdrawnCredentials, AUserOfTheSameNameIsAnotherOne) {
    add_user("ann", "12345678", Role::user);
    const http::Headers right{{"Authorization", "Basic YW5uOjEyMzQ1Njc4"}};
    const http::ClientResponse issued = send("POST", "/tickets", right, "");
    const std::string ticket = json_of(issued)["ticket"].as_string();
    ASSERT_EQ(send_as(admin_, "DELETE /admin/users/ann").status, 200);
    const std::string again = R"({"userName": "ann", "password": "another one"})";
    ASSERT_EQ(send_as(admin_, "POST /admin/users", again).status, 200);
    EXPECT_EQ(get("/tasks?ticket=" + ticket).status, 401);
}

TEST_F(WithdrawnCredentials, WhatNobodyToldIsSeenWithinAPeriod) {
    Vigil vigil(
        access_->authenticator(),
        {GrantKind::key, first_.substr(4, 16)},
        std::chrono::milliseconds(0));
    EXPECT_TRUE(runtime::block_on(io_.executor(), looked_at(vigil)).value());
    const storage::KeyMoment now{first_.substr(4, 16), clock_.now_ms};
    ASSERT_TRUE(storage::wait(accounts_, &storage::AccountStore::revoke_key, now));
    EXPECT_FALSE(runtime::block_on(io_.executor(), looked_at(vigil)).value());
}

}  // namespace
}  // namespace darkroom::gateway
