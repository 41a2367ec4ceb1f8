// SPDX-License-Identifier: Apache-2.0
#include "control/event_feed.h"

#include <gmock/gmock.h>

#include "cluster/memory/in_process_event_bus.h"
#include "control/announcing_task_store.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "storage/memory/in_memory_task_store.h"

namespace darkroom::control {
namespace {

using storage::TaskStore;
using storage::wait;
using ::testing::ElementsAre;

constexpr auto kNeverPolls = std::chrono::milliseconds(3'600'000);

class EventFeedTest : public testing::Test {
  protected:
    static domain::NewTask new_task(std::string tenant) {
        domain::NewTask request;
        request.tenant = std::move(tenant);
        request.kind = "txt2img";
        request.model = "icons";
        return request;
    }
    domain::TaskId submit(TaskStore& store, std::string tenant = "studio") {
        return wait(store, &TaskStore::submit, new_task(std::move(tenant)))->task.id;
    }
    /// Waits until the watch has heard of the log.
    void expect_log_grew(EventWatch& watch) {
        while (true) {
            const std::uint64_t seen = watch.changed().count();
            if (watch.take().log_grew) return;
            const auto soon = runtime::Deadline::after(std::chrono::seconds(10));
            const Result<void> told =
                runtime::block_on(io_.executor(), watch.changed().wait(seen, soon));
            ASSERT_TRUE(told) << "nobody told the watch";
        }
    }
    /// A feed tells everybody when it has found its place in the log.
    std::shared_ptr<EventWatch> opened(EventFeed& feed, EventTopic topic) {
        auto watch = feed.open(std::move(topic)).value();
        feed.start();
        expect_log_grew(*watch);
        return watch;
    }

    FakeClock clock_;
    runtime::IoThreads io_{2};
    cluster::InProcessEventBus bus_;
    storage::InMemoryTaskStore silent_{clock_};
    AnnouncingTaskStore store_{silent_, bus_};
};

TEST_F(EventFeedTest, AnAnnouncedEventWakesItsTopicsAndNoOthers) {
    EventFeed feed(io_.executor(), store_, bus_, {.poll_interval = kNeverPolls});
    const auto all = opened(feed, {"studio"});
    const domain::TaskId first = submit(store_);
    expect_log_grew(*all);
    const auto one = feed.open({"studio", first}).value();
    const auto rival = feed.open({"rival"}).value();
    const auto thief = feed.open({"rival", first}).value();
    submit(store_);
    expect_log_grew(*all);
    EXPECT_FALSE(one->take().log_grew);
    ASSERT_TRUE(wait(store_, &TaskStore::cancel, first));
    expect_log_grew(*one);
    EXPECT_FALSE(rival->take().log_grew);
    EXPECT_FALSE(thief->take().log_grew);
}

TEST_F(EventFeedTest, WithoutAnyBusMessageThePollFindsTheEvent) {
    EventFeed feed(io_.executor(), silent_, bus_, {.poll_interval = std::chrono::milliseconds(1)});
    const auto watch = opened(feed, {"studio"});
    submit(silent_);
    expect_log_grew(*watch);
}

TEST_F(EventFeedTest, ProgressIsToldByTaskAndOnlyOnceUntilItIsTaken) {
    EventFeed feed(io_.executor(), store_, bus_, {.poll_interval = kNeverPolls});
    const domain::TaskId id = submit(store_);
    const auto watch = feed.open({"studio", id}).value();
    cluster::ProgressChanged progress{"studio", {}};
    progress.progress.id.task = id.text();
    bus_.publish(progress);
    const std::uint64_t told = watch->changed().count();
    for (int i = 0; i < 1'000; ++i)
        bus_.publish(progress);
    EXPECT_EQ(watch->changed().count(), told);
    EXPECT_THAT(watch->take().progressed, ElementsAre(id.text()));
    EXPECT_TRUE(watch->take().progressed.empty());
}

TEST_F(EventFeedTest, ProgressThatNobodyReadsTakesBoundedRoom) {
    EventFeed feed(io_.executor(), store_, bus_, {.poll_interval = kNeverPolls});
    const auto watch = feed.open({"studio"}).value();
    for (int i = 0; i < 5'000; ++i) {
        cluster::ProgressChanged progress{"studio", {}};
        progress.progress.id.task = std::to_string(i);
        bus_.publish(progress);
    }
    EXPECT_EQ(watch->take().progressed.size(), 1'000U);
}

TEST_F(EventFeedTest, ATenantOpensSoManyWatchesAndNoMore) {
    EventFeed feed(
        io_.executor(), store_, bus_, {.poll_interval = kNeverPolls, .watches_per_tenant = 2});
    auto first = feed.open({"studio"}).value();
    const auto second = feed.open({"studio", domain::TaskId::random()}).value();
    EXPECT_EQ(feed.open({"studio"}).error().code, ErrorCode::resource_exhausted);
    EXPECT_TRUE(feed.open({"rival"}));
    first.reset();
    EXPECT_TRUE(feed.open({"studio"}));
}

}  // namespace
}  // namespace darkroom::control
