// SPDX-License-Identifier: Apache-2.0
#include "gateway/ticket_box.h"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

using domain::Scope;

const Caller kAdmin{"studio", "key:1", {Scope::admin}};

TEST(TicketBox, ATicketIsGoodOnce) {
    FakeClock clock;
    TicketBox box(clock);
    const std::string ticket = box.issue(kAdmin).value();
    EXPECT_EQ(ticket.size(), 64U);
    const auto caller = box.redeem(ticket);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->tenant, "studio");
    EXPECT_EQ(caller->name, "key:1");
    EXPECT_FALSE(box.redeem(ticket));
    EXPECT_FALSE(box.redeem("nonsense"));
}

TEST(TicketBox, ATicketIsNeverGoodForAdministration) {
    FakeClock clock;
    TicketBox box(clock);
    EXPECT_EQ(box.redeem(box.issue(kAdmin).value())->scopes, domain::Scopes{Scope::generate});
    const Caller reader{"studio", "key:2", {Scope::models}};
    EXPECT_EQ(box.redeem(box.issue(reader).value())->scopes, domain::Scopes{});
}

TEST(TicketBox, ATicketExpires) {
    FakeClock clock;
    TicketBox box(clock);
    const std::string ticket = box.issue(kAdmin).value();
    clock.now_ms += TicketBox::kLifetimeMs;
    EXPECT_FALSE(box.redeem(ticket));
}

TEST(TicketBox, ATenantHasItsShareUntilTicketsExpire) {
    FakeClock clock;
    TicketBox box(clock);
    for (std::size_t i = 0; i < TicketBox::kMaxOfTenant; ++i)
        ASSERT_TRUE(box.issue(kAdmin));
    EXPECT_EQ(box.issue(kAdmin).error().code, ErrorCode::unavailable);
    EXPECT_TRUE(box.issue({"other", "key:3", {Scope::generate}}));
    clock.now_ms += TicketBox::kLifetimeMs;
    EXPECT_TRUE(box.issue(kAdmin));
}

TEST(TicketBox, AFullBoxTakesNoMoreUntilTicketsExpire) {
    FakeClock clock;
    TicketBox box(clock);
    for (std::size_t i = 0; i < TicketBox::kMaxTickets; ++i)
        ASSERT_TRUE(box.issue({std::to_string(i % 100), "key:1", {Scope::generate}}));
    EXPECT_EQ(box.issue(kAdmin).error().code, ErrorCode::unavailable);
    clock.now_ms += TicketBox::kLifetimeMs;
    EXPECT_TRUE(box.issue(kAdmin));
}

}  // namespace
}  // namespace darkroom::gateway
