// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/guarded.h"
#include "cluster/event_bus.h"
#include "domain/task_event.h"
#include "runtime/async_event.h"
#include "runtime/task_group.h"
#include "storage/task_store.h"

namespace darkroom::control {

/// Whose news somebody wants.
struct EventTopic {
    std::string tenant;
    /// All of the tenant's tasks when absent.
    std::optional<domain::TaskId> task = {};
};

/// What has changed since it was last asked.
struct EventNews {
    /// The log may hold events of this topic that were not read yet.
    bool log_grew = false;
    /// Ids of tasks whose progress has changed; the newest value is in the ProgressTable. Bounded:
    /// what does not fit comes with the next change.
    std::set<std::string> progressed = {};
};

/// Told of news by an EventFeed as long as it exists. Holds no events, only that there are some.
class EventWatch {
  public:
    struct Registry;

    EventWatch(std::shared_ptr<Registry> registry, EventTopic topic);
    ~EventWatch();
    EventWatch(const EventWatch&) = delete;
    EventWatch& operator=(const EventWatch&) = delete;

    [[nodiscard]] const EventTopic& topic() const { return topic_; }
    /// Fires when there is news.
    [[nodiscard]] const runtime::AsyncEvent& changed() const { return changed_; }
    EventNews take();

    void tell_log_grew();
    void tell_progress(const std::string& task);

  private:
    std::shared_ptr<Registry> registry_;
    EventTopic topic_;
    runtime::AsyncEvent changed_;
    Guarded<EventNews> news_;
};

struct EventFeedOptions {
    /// How often the log is looked at when the bus says nothing.
    std::chrono::milliseconds poll_interval{2'000};
    std::size_t watches_per_tenant = 1'000;
};

/// Reads the log once for everybody and wakes those whose topic an event is of. The bus makes it
/// quick, the poll makes it certain. Thread-safe.
class EventFeed {
  public:
    /// `executor` comes from an IoThreads, which outlives the feed as `store` and `bus` do.
    EventFeed(
        boost::asio::any_io_executor executor,
        storage::TaskStore& store,
        cluster::EventBus& bus,
        EventFeedOptions options = {});
    ~EventFeed();
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    /// Begins. Once.
    void start();

    /// Fails with resource_exhausted when the tenant has as many as it may.
    Result<std::shared_ptr<EventWatch>> open(EventTopic topic);

  private:
    boost::asio::awaitable<void> run();
    std::int64_t pass_on(const storage::EventPage& page, std::int64_t after);
    void hear(const cluster::BusMessage& message);

    storage::TaskStore& store_;
    EventFeedOptions options_;
    std::shared_ptr<EventWatch::Registry> registry_;
    runtime::AsyncEvent log_changed_;
    cluster::Subscription subscription_;
    runtime::TaskGroup group_;
};

}  // namespace darkroom::control
