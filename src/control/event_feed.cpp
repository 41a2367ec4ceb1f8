// SPDX-License-Identifier: Apache-2.0
#include "control/event_feed.h"

#include <limits>
#include <map>
#include <utility>

#include "base/format.h"
#include "control/store_call.h"
#include "telemetry/log_failure.h"

namespace darkroom::control {
namespace {

using runtime::Deadline;
using storage::TaskStore;

constexpr std::int32_t kPage = 500;
/// Tasks of one watch whose progress may wait to be read.
constexpr std::size_t kMostProgressed = 1'000;

}  // namespace

/// The watches that are open. A pointer is in it only while its watch exists.
struct EventWatch::Registry {
    struct Places {
        std::map<std::string, std::set<EventWatch*>> by_task;
        std::map<std::string, std::set<EventWatch*>> by_tenant;
        /// Of both kinds, by tenant.
        std::map<std::string, std::size_t> counts;
    };

    /// Calls `tell` for each watch whose topic the task is of.
    template <class Tell>
    void tell_each(const std::string& tenant, const std::string& task, Tell tell) {
        const auto open = places.lock();
        if (const auto found = open->by_tenant.find(tenant); found != open->by_tenant.end()) {
            for (EventWatch* watch : found->second)
                tell(*watch);
        }
        if (const auto found = open->by_task.find(task); found != open->by_task.end()) {
            for (EventWatch* watch : found->second) {
                if (watch->topic().tenant == tenant) tell(*watch);
            }
        }
    }

    void tell_all() {
        const auto open = places.lock();
        for (const auto* lists : {&open->by_tenant, &open->by_task}) {
            for (const auto& [name, watches] : *lists) {
                for (EventWatch* watch : watches)
                    watch->tell_log_grew();
            }
        }
    }

    /// The list that a watch of this topic is on.
    static std::set<EventWatch*>& list_of(Places& open, const EventTopic& topic) {
        return topic.task ? open.by_task[topic.task->text()] : open.by_tenant[topic.tenant];
    }

    Guarded<Places> places;
};

EventWatch::EventWatch(std::shared_ptr<Registry> registry, EventTopic topic)
    : registry_(std::move(registry)), topic_(std::move(topic)) {
    const auto open = registry_->places.lock();
    Registry::list_of(*open, topic_).insert(this);
}

EventWatch::~EventWatch() {
    const auto open = registry_->places.lock();
    std::set<EventWatch*>& list = Registry::list_of(*open, topic_);
    list.erase(this);
    if (list.empty()) {
        // The list goes with its entry.
        if (topic_.task) {
            open->by_task.erase(topic_.task->text());
        } else {
            open->by_tenant.erase(topic_.tenant);
        }
    }
    const auto count = open->counts.find(topic_.tenant);
    if (count != open->counts.end() && --count->second == 0) open->counts.erase(count);
}

EventNews EventWatch::take() {
    return std::exchange(*news_.lock(), {});
}

void EventWatch::tell_log_grew() {
    news_.lock()->log_grew = true;
    changed_.notify_all();
}

void EventWatch::tell_progress(const std::string& task) {
    {
        const auto news = news_.lock();
        if (news->progressed.size() >= kMostProgressed) return;
        if (!news->progressed.insert(task).second) return;
    }
    changed_.notify_all();
}

EventFeed::EventFeed(
    boost::asio::any_io_executor executor,
    storage::TaskStore& store,
    cluster::EventBus& bus,
    EventFeedOptions options)
    : store_(store),
      options_(options),
      registry_(std::make_shared<EventWatch::Registry>()),
      subscription_(bus.subscribe([this](const cluster::BusMessage& message) { hear(message); })),
      group_(std::move(executor)) {}

EventFeed::~EventFeed() {
    subscription_ = {};
    group_.cancel();
}

void EventFeed::start() {
    group_.spawn(run());
}

Result<std::shared_ptr<EventWatch>> EventFeed::open(EventTopic topic) {
    {
        const auto open = registry_->places.lock();
        std::size_t& count = open->counts[topic.tenant];
        if (count >= options_.watches_per_tenant) {
            return Error{
                ErrorCode::resource_exhausted,
                format("too many event streams are open: {}", count)};
        }
        ++count;
    }
    return std::make_shared<EventWatch>(registry_, std::move(topic));
}

void EventFeed::hear(const cluster::BusMessage& message) {
    if (std::holds_alternative<cluster::LogChanged>(message)) log_changed_.notify_all();
    const auto* progress = std::get_if<cluster::ProgressChanged>(&message);
    if (progress == nullptr) return;
    const std::string& task = progress->progress.id.task;
    registry_->tell_each(
        progress->tenant, task, [&](EventWatch& watch) { watch.tell_progress(task); });
}

/// Tells whom it concerns; returns the place of the last event, or `after` when there is none.
std::int64_t EventFeed::pass_on(const storage::EventPage& page, std::int64_t after) {
    for (const domain::TaskEvent& event : page.events) {
        after = event.sequence;
        registry_->tell_each(
            event.tenant, event.task.text(), [](EventWatch& watch) { watch.tell_log_grew(); });
    }
    return after;
}

boost::asio::awaitable<void> EventFeed::run() {
    // Watches read for themselves what was logged before.
    storage::EventFilter filter;
    filter.after = std::numeric_limits<std::int64_t>::max();
    filter.limit = kPage;
    bool has_place = false;
    while (true) {
        const std::uint64_t seen = log_changed_.count();
        const Result<storage::EventPage> page =
            co_await store_call(store_, &TaskStore::events, filter);
        if (!page && page.error().code == ErrorCode::cancelled) co_return;
        if (!page) {
            log::failure(log::Level::warning, "the event log cannot be read", page.error());
        } else if (!has_place) {
            filter.after = page->newest;
            has_place = true;
            registry_->tell_all();
        } else {
            filter.after = pass_on(*page, filter.after);
            if (page->events.size() == static_cast<std::size_t>(kPage)) continue;
        }
        const Deadline next_poll = Deadline::after(options_.poll_interval);
        const Result<void> waited = co_await log_changed_.wait(seen, next_poll);
        if (!waited && waited.error().code == ErrorCode::cancelled) co_return;
    }
}

}  // namespace darkroom::control
