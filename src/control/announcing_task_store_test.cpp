// SPDX-License-Identifier: Apache-2.0
#include "control/announcing_task_store.h"

#include <gtest/gtest.h>

#include "cluster/memory/in_process_event_bus.h"
#include "storage/memory/in_memory_task_store.h"

namespace darkroom::control {
namespace {

using storage::TaskStore;
using storage::wait;

class AnnouncingStore : public testing::Test {
  protected:
    /// How many announcements `operation` caused.
    template <class Operation>
    int announced(Operation operation) {
        const int before = heard_;
        operation();
        return heard_ - before;
    }

    static domain::NewTask new_task() {
        domain::NewTask request;
        request.tenant = "studio";
        request.kind = "txt2img";
        request.model = "icons";
        return request;
    }

    FakeClock clock_;
    cluster::InProcessEventBus bus_;
    storage::InMemoryTaskStore inner_{clock_};
    AnnouncingTaskStore store_{inner_, bus_};
    int heard_ = 0;
    cluster::Subscription subscription_ =
        bus_.subscribe([this](const cluster::BusMessage& message) {
            heard_ += std::holds_alternative<cluster::LogChanged>(message) ? 1 : 0;
        });
};

TEST_F(AnnouncingStore, EveryOperationThatLogsAnEventIsAnnouncedOnce) {
    domain::TaskId id = domain::TaskId::random();
    EXPECT_EQ(announced([&] { id = wait(store_, &TaskStore::submit, new_task())->task.id; }), 1);
    EXPECT_EQ(announced([&] { (void)wait(store_, &TaskStore::claim, {.agent = "a"}); }), 1);
    const domain::LeaseToken token{id, 1, "a"};
    EXPECT_EQ(announced([&] { (void)wait(store_, &TaskStore::mark_running, token); }), 1);
    EXPECT_EQ(announced([&] { (void)wait(store_, &TaskStore::mark_uploading, token); }), 1);
    EXPECT_EQ(announced([&] { (void)wait(store_, &TaskStore::complete, {token, "{}"}); }), 1);
    EXPECT_EQ(announced([&] { (void)wait(store_, &TaskStore::remove, id); }), 1);
}

TEST_F(AnnouncingStore, WhatChangesNothingIsNotAnnounced) {
    const domain::TaskId id = wait(store_, &TaskStore::submit, new_task())->task.id;
    const int heard = announced([&] {
        (void)wait(store_, &TaskStore::get, id);
        (void)wait(store_, &TaskStore::events, {});
        (void)wait(store_, &TaskStore::list, {});
        (void)wait(store_, &TaskStore::expire_leases);
        (void)wait(store_, &TaskStore::remove, id);
        (void)wait(store_, &TaskStore::claim, {.agent = "a", .models = {"other"}});
        (void)wait(store_, &TaskStore::heartbeat, {.agent = "a", .tasks = {}});
    });
    EXPECT_EQ(heard, 0);
}

TEST_F(AnnouncingStore, TheEventIsInTheLogWhenItIsAnnounced) {
    std::size_t logged = 0;
    const cluster::Subscription reader = bus_.subscribe([&](const cluster::BusMessage&) {
        logged = wait(inner_, &TaskStore::events, {})->events.size();
    });
    ASSERT_TRUE(wait(store_, &TaskStore::submit, new_task()));
    EXPECT_EQ(logged, 1U);
}

}  // namespace
}  // namespace darkroom::control
