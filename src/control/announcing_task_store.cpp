// SPDX-License-Identifier: Apache-2.0
#include "control/announcing_task_store.h"

#include <utility>

namespace darkroom::control {
namespace {

using cluster::EventBus;
using storage::Completion;

/// Polls of an idle queue change nothing.
template <class T>
bool has_changes(const T& /*outcome*/) {
    return true;
}
bool has_changes(const std::vector<domain::Task>& claimed) {
    return !claimed.empty();
}
bool has_changes(const storage::EndedLeases& ended) {
    return !ended.empty();
}

template <class T>
Completion<T> announced(EventBus& bus, Completion<T> done) {
    return [&bus, done = std::move(done)](Result<T> outcome) {
        bool changed = outcome.has_value();
        if constexpr (!std::is_void_v<T>) changed = changed && has_changes(*outcome);
        done(std::move(outcome));
        if (changed) bus.publish(cluster::LogChanged{});
    };
}

}  // namespace

void AnnouncingTaskStore::submit(domain::NewTask request, Completion<storage::Submitted> done) {
    store_.submit(std::move(request), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::get(domain::TaskId id, Completion<domain::Task> done) {
    store_.get(std::move(id), std::move(done));
}

void AnnouncingTaskStore::find(storage::TaskName name, Completion<domain::Task> done) {
    store_.find(std::move(name), std::move(done));
}

void AnnouncingTaskStore::list(
    storage::TaskFilter filter, Completion<std::vector<domain::Task>> done) {
    store_.list(std::move(filter), std::move(done));
}

void AnnouncingTaskStore::count(storage::CountFilter filter, Completion<storage::TaskCounts> done) {
    store_.count(std::move(filter), std::move(done));
}

void AnnouncingTaskStore::backlog(Completion<std::vector<storage::BacklogEntry>> done) {
    store_.backlog(std::move(done));
}

void AnnouncingTaskStore::queued_work(
    storage::CountFilter filter, Completion<storage::QueuedWork> done) {
    store_.queued_work(std::move(filter), std::move(done));
}

void AnnouncingTaskStore::claim(
    storage::ClaimRequest request, Completion<std::vector<domain::Task>> done) {
    store_.claim(std::move(request), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::heartbeat(
    storage::Heartbeat request, Completion<std::vector<storage::HeartbeatReply>> done) {
    store_.heartbeat(std::move(request), std::move(done));
}

void AnnouncingTaskStore::mark_running(
    domain::LeaseToken token, Completion<domain::LeaseStatus> done) {
    store_.mark_running(std::move(token), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::mark_uploading(
    domain::LeaseToken token, Completion<domain::LeaseStatus> done) {
    store_.mark_uploading(std::move(token), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::complete(
    storage::FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) {
    store_.complete(std::move(attempt), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::fail(
    storage::FailedAttempt attempt, Completion<domain::FailOutcome> done) {
    store_.fail(std::move(attempt), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::release_agent(
    storage::AgentRelease request, Completion<storage::EndedLeases> done) {
    store_.release_agent(std::move(request), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) {
    store_.cancel(std::move(id), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::expire_leases(Completion<storage::EndedLeases> done) {
    store_.expire_leases(announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::remove(domain::TaskId id, Completion<void> done) {
    store_.remove(std::move(id), announced(bus_, std::move(done)));
}

void AnnouncingTaskStore::list_ended(
    storage::EndedFilter filter, Completion<std::vector<storage::EndedTask>> done) {
    store_.list_ended(std::move(filter), std::move(done));
}

void AnnouncingTaskStore::list_drawn(
    storage::DrawnFilter filter, Completion<std::vector<storage::DrawnTask>> done) {
    store_.list_drawn(filter, std::move(done));
}

void AnnouncingTaskStore::give_up_pictures(domain::TaskId id, Completion<void> done) {
    store_.give_up_pictures(std::move(id), std::move(done));
}

void AnnouncingTaskStore::events(storage::EventFilter filter, Completion<storage::EventPage> done) {
    store_.events(std::move(filter), std::move(done));
}

void AnnouncingTaskStore::usage(
    storage::UsageFilter filter, Completion<std::vector<domain::Usage>> done) {
    store_.usage(std::move(filter), std::move(done));
}

}  // namespace darkroom::control
