// SPDX-License-Identifier: Apache-2.0
// What every EventBus promises: little, so that losing any message is harmless.
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "cluster/memory/faulty_event_bus.h"
#include "cluster/memory/in_process_event_bus.h"

namespace darkroom::cluster {
namespace {

using ::testing::ElementsAre;

enum class BusKind { in_process, lossy, doubling, reordering };

class EventBusContract : public ::testing::TestWithParam<BusKind> {
  protected:
    EventBusContract() {
        switch (GetParam()) {
            case BusKind::in_process:
                break;
            case BusKind::lossy:
                wrap({.lost = 50});
                break;
            case BusKind::doubling:
                wrap({.doubled = 100});
                break;
            case BusKind::reordering:
                wrap({.delayed = 50});
                break;
        }
    }

    void wrap(FaultyEventBus::Faults faults) {
        faulty_ = std::make_unique<FaultyEventBus>(plain_, faults, 7);
        bus = faulty_.get();
    }

    static BusMessage hint(int number) {
        CancelHint hint;
        hint.id.task = "task-" + std::to_string(number);
        return hint;
    }

  private:
    InProcessEventBus plain_;
    std::unique_ptr<FaultyEventBus> faulty_;

  protected:
    EventBus* bus = &plain_;
};

TEST_P(EventBusContract, OnlyWhatWasPublishedArrives) {
    std::vector<std::string> heard;
    const Subscription subscription = bus->subscribe(
        [&](const BusMessage& message) { heard.push_back(std::get<CancelHint>(message).id.task); });
    std::set<std::string> told;
    for (int i = 0; i < 100; ++i) {
        told.insert("task-" + std::to_string(i));
        bus->publish(hint(i));
    }
    EXPECT_FALSE(heard.empty());
    for (const std::string& task : heard)
        EXPECT_TRUE(told.contains(task)) << task;
}

TEST_P(EventBusContract, NothingArrivesAfterTheSubscriptionHasEnded) {
    int heard = 0;
    {
        const Subscription subscription = bus->subscribe([&](const BusMessage&) { ++heard; });
        for (int i = 0; i < 20; ++i)
            bus->publish(hint(i));
    }
    const int before = heard;
    EXPECT_GT(before, 0);
    for (int i = 0; i < 20; ++i)
        bus->publish(hint(i));
    EXPECT_EQ(heard, before);
}

TEST_P(EventBusContract, ASubscriptionMayEndWhileOthersPublish) {
    std::atomic<bool> stop = false;
    std::thread publisher([&] {
        while (!stop)
            bus->publish(LogChanged{});
    });
    for (int i = 0; i < 200; ++i) {
        std::atomic<int> heard = 0;
        const auto listener = std::make_unique<int>(i);
        const Subscription subscription =
            bus->subscribe([&heard, number = listener.get()](const BusMessage&) {
                heard += *number - *number + 1;
            });
        while (heard == 0)
            std::this_thread::yield();
    }
    stop = true;
    publisher.join();
}

TEST(InProcessEventBus, EverySubscriberHearsEverythingInOrder) {
    InProcessEventBus bus;
    std::vector<std::string> first;
    std::vector<std::string> second;
    const auto keep_in = [](std::vector<std::string>& list) {
        return [&list](const BusMessage& message) {
            list.push_back(std::get<ProgressChanged>(message).tenant);
        };
    };
    const Subscription one = bus.subscribe(keep_in(first));
    const Subscription two = bus.subscribe(keep_in(second));
    for (const char* tenant : {"a", "b", "c"})
        bus.publish(ProgressChanged{tenant, {}});
    EXPECT_THAT(first, ElementsAre("a", "b", "c"));
    EXPECT_EQ(first, second);
}

INSTANTIATE_TEST_SUITE_P(
    Buses,
    EventBusContract,
    ::testing::Values(BusKind::in_process, BusKind::lossy, BusKind::doubling, BusKind::reordering));

}  // namespace
}  // namespace darkroom::cluster
