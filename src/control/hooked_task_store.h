// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/memory/in_memory_task_store.h"

namespace darkroom::control {

/// A store for tests in which something else happens at a chosen moment of another operation. Each
/// hook runs once; set them while nothing runs.
class HookedTaskStore final : public storage::TaskStore {
  public:
    template <class T>
    using Completion = storage::Completion<T>;
    using Hook = std::function<void()>;

    explicit HookedTaskStore(Clock& clock) : store_(clock) {}

    /// After the commit of a submit, before its caller hears of it.
    Hook after_submit;
    /// After a task was found by its name, before its caller hears of it.
    Hook after_find;
    // Before an attempt becomes running, completes or fails.
    Hook before_running;
    Hook before_complete;
    Hook before_fail;

    void submit(domain::NewTask request, Completion<storage::Submitted> done) override {
        store_.submit(
            std::move(request), [this, done = std::move(done)](Result<storage::Submitted> outcome) {
                run(after_submit);
                done(std::move(outcome));
            });
    }
    void get(domain::TaskId id, Completion<domain::Task> done) override {
        store_.get(std::move(id), std::move(done));
    }
    void find(storage::TaskName name, Completion<domain::Task> done) override {
        store_.find(std::move(name), [this, done = std::move(done)](Result<domain::Task> outcome) {
            run(after_find);
            done(std::move(outcome));
        });
    }
    void list(storage::TaskFilter filter, Completion<std::vector<domain::Task>> done) override {
        store_.list(std::move(filter), std::move(done));
    }
    void count(storage::CountFilter filter, Completion<storage::TaskCounts> done) override {
        store_.count(std::move(filter), std::move(done));
    }
    void backlog(Completion<std::vector<storage::BacklogEntry>> done) override {
        store_.backlog(std::move(done));
    }
    void queued_work(storage::CountFilter filter, Completion<storage::QueuedWork> done) override {
        store_.queued_work(std::move(filter), std::move(done));
    }
    void claim(storage::ClaimRequest request, Completion<std::vector<domain::Task>> done) override {
        store_.claim(std::move(request), std::move(done));
    }
    void heartbeat(
        storage::Heartbeat request,
        Completion<std::vector<storage::HeartbeatReply>> done) override {
        store_.heartbeat(std::move(request), std::move(done));
    }
    void mark_running(domain::LeaseToken token, Completion<domain::LeaseStatus> done) override {
        run(before_running);
        store_.mark_running(std::move(token), std::move(done));
    }
    void mark_uploading(domain::LeaseToken token, Completion<domain::LeaseStatus> done) override {
        store_.mark_uploading(std::move(token), std::move(done));
    }
    void complete(
        storage::FinishedAttempt attempt, Completion<domain::CompleteOutcome> done) override {
        run(before_complete);
        store_.complete(std::move(attempt), std::move(done));
    }
    void fail(storage::FailedAttempt attempt, Completion<domain::FailOutcome> done) override {
        run(before_fail);
        store_.fail(std::move(attempt), std::move(done));
    }
    void release_agent(
        storage::AgentRelease request, Completion<storage::EndedLeases> done) override {
        store_.release_agent(std::move(request), std::move(done));
    }
    void cancel(domain::TaskId id, Completion<domain::CancelOutcome> done) override {
        store_.cancel(std::move(id), std::move(done));
    }
    void expire_leases(Completion<storage::EndedLeases> done) override {
        store_.expire_leases(std::move(done));
    }
    void remove(domain::TaskId id, Completion<void> done) override {
        store_.remove(std::move(id), std::move(done));
    }
    void list_ended(
        storage::EndedFilter filter, Completion<std::vector<storage::EndedTask>> done) override {
        store_.list_ended(std::move(filter), std::move(done));
    }
    void list_drawn(
        storage::DrawnFilter filter, Completion<std::vector<storage::DrawnTask>> done) override {
        store_.list_drawn(filter, std::move(done));
    }
    void give_up_pictures(domain::TaskId id, Completion<void> done) override {
        store_.give_up_pictures(std::move(id), std::move(done));
    }
    void events(storage::EventFilter filter, Completion<storage::EventPage> done) override {
        store_.events(std::move(filter), std::move(done));
    }
    void usage(storage::UsageFilter filter, Completion<std::vector<domain::Usage>> done) override {
        store_.usage(std::move(filter), std::move(done));
    }

  private:
    void run(Hook& hook) {
        Hook once;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            once.swap(hook);
        }
        if (once) once();
    }

    std::mutex mutex_;
    storage::InMemoryTaskStore store_;
};

}  // namespace darkroom::control
