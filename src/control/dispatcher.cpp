// SPDX-License-Identifier: Apache-2.0
#include "control/dispatcher.h"

#include "control/store_call.h"
#include "domain/task_state.h"
#include "telemetry/log.h"

namespace darkroom::control {

using storage::TaskStore;

namespace {

/// From here on, entries that nobody waits for any more are cleared away.
constexpr std::size_t kManyWatches = 1000;

Demand demand_of(const domain::NewTask& task, scheduling::Work work, double weight) {
    if (work.function.empty()) work.function = task.model.empty() ? task.kind : task.model;
    return {std::move(work), {task.tenant, weight, task.priority}};
}

}  // namespace

double Dispatcher::predict(const Submission& submission) {
    return scheduler_.predict(demand_of(submission.task, submission.work, submission.weight));
}

runtime::Task<domain::Task> Dispatcher::submit(Submission submission) {
    LiveTask live;
    live.id = submission.task.id;
    live.tenant = submission.task.tenant;
    live.kind = submission.task.kind;
    live.name = submission.task.idempotency_key;
    live.trace = submission.task.trace;
    live.iterations = submission.iterations;
    live.batch_size = submission.batch_size;
    // Before the commit: from then on the task may be taken, or end, and the table must hear of it.
    const bool added = progress_.add(live);
    domain::NewTask request = std::move(submission.task);
    if (added) {
        const Demand demand = demand_of(request, submission.work, submission.weight);
        const Result<Admitted> admitted = scheduler_.admit(request, demand);
        if (admitted) {
            request.cost_s = admitted->cost_s;
            request.vft = admitted->vft;
            request.work_size = demand.work.size();
        } else {
            progress_.remove(live.id);
            // A full queue is no reason not to find what is in it.
            const bool is_repeated = co_await was_submitted(request);
            if (!is_repeated) co_return admitted.error();
        }
    }
    Result<storage::Submitted> submitted =
        co_await store_call(store_, &TaskStore::submit, std::move(request));
    const bool is_new = submitted && submitted->is_new;
    if (added && !is_new) {
        progress_.remove(live.id);
        scheduler_.ended(live.id);
    }
    if (!submitted) co_return submitted.error();
    domain::Task task = std::move(submitted->task);
    live.id = task.id;
    live.created_ms = task.created_ms;
    live.trace = task.trace;
    if (is_new) {
        log::debug(
            "task submitted",
            {{"task", task.id.text()},
             {"trace", trace_id_of(task.trace)},
             {"tenant", task.tenant},
             {"kind", task.kind},
             {"model", task.model}});
        progress_.set_created(task.id, task.created_ms);
        wake_agents();
    } else if (!domain::is_final(task.state)) {
        domain::Task earlier = task;
        co_await take_up(std::move(earlier), std::move(live));
    }
    co_return task;
}

boost::asio::awaitable<bool> Dispatcher::was_submitted(const domain::NewTask& task) {
    if (task.idempotency_key.empty()) co_return false;
    storage::TaskName name{task.tenant, task.idempotency_key};
    const Result<domain::Task> found =
        co_await store_call(store_, &TaskStore::find, std::move(name));
    co_return found.has_value();
}

/// Shows a task of an earlier process, unless it has ended by now.
boost::asio::awaitable<void> Dispatcher::take_up(domain::Task earlier, LiveTask live) {
    const domain::TaskId id = live.id;
    if (!progress_.add(std::move(live))) co_return;
    scheduler_.restore(earlier);
    const Result<domain::Task> task = co_await store_call(store_, &TaskStore::get, id);
    if (task && domain::is_held(task->state)) scheduler_.taken(id);
    if (task && domain::is_final(task->state)) {
        progress_.remove(id);
        scheduler_.ended(id);
    }
    wake_agents();
}

void Dispatcher::adopt(const std::vector<domain::Task>& queued) {
    for (const domain::Task& task : queued) {
        LiveTask live;
        live.id = task.id;
        live.tenant = task.tenant;
        live.kind = task.kind;
        live.name = task.idempotency_key;
        live.created_ms = task.created_ms;
        live.trace = task.trace;
        progress_.add(std::move(live));
        scheduler_.restore(task);
    }
}

std::shared_ptr<runtime::AsyncEvent> Dispatcher::watch(const domain::TaskId& id) {
    const auto watches = watches_.lock();
    if (watches->size() > kManyWatches) {
        std::erase_if(*watches, [](const auto& entry) { return entry.second.expired(); });
    }
    std::weak_ptr<runtime::AsyncEvent>& slot = (*watches)[id.text()];
    std::shared_ptr<runtime::AsyncEvent> event = slot.lock();
    if (!event) {
        event = std::make_shared<runtime::AsyncEvent>();
        slot = event;
    }
    return event;
}

runtime::Task<domain::Task> Dispatcher::wait_until_final(
    domain::TaskId id, runtime::Deadline deadline) {
    const std::shared_ptr<runtime::AsyncEvent> event = watch(id);
    while (true) {
        const std::uint64_t seen = event->count();
        const std::uint64_t queue_seen = queue_changed_.count();
        Result<domain::Task> task = co_await store_call(store_, &TaskStore::get, id);
        if (!task || domain::is_final(task->state)) co_return task;
        if (draining_ && task->state == domain::TaskState::queued) {
            co_return Error{
                ErrorCode::unavailable,
                "the server is shutting down; the task stays queued and is drawn after a restart"};
        }
        // Draining is announced on the queue's event; other news of the queue only cost a look.
        std::vector<runtime::Watch> watches;
        watches.emplace_back(*event, seen);
        if (task->state == domain::TaskState::queued) {
            watches.emplace_back(queue_changed_, queue_seen);
        }
        const Result<std::size_t> waited = co_await runtime::wait_any(std::move(watches), deadline);
        if (!waited) co_return waited.error();
    }
}

std::string Dispatcher::trace_id(const domain::TaskId& id) {
    const std::optional<LiveTask> live = progress_.find(id);
    return live ? std::string(trace_id_of(live->trace)) : std::string();
}

void Dispatcher::task_taken(const domain::TaskId& id) {
    progress_.hold(id);
    scheduler_.taken(id);
}

void Dispatcher::task_put_back(const domain::TaskId& id) {
    progress_.release(id);
    scheduler_.put_back(id);
}

void Dispatcher::task_ended(const domain::TaskId& id) {
    progress_.remove(id);
    scheduler_.ended(id);
    std::shared_ptr<runtime::AsyncEvent> event;
    {
        const auto watches = watches_.lock();
        const auto found = watches->find(id.text());
        if (found == watches->end()) return;
        event = found->second.lock();
        watches->erase(found);
    }
    if (event) event->notify_all();
}

void Dispatcher::leases_ended(const storage::EndedLeases& ended) {
    for (const domain::TaskId& id : ended.dead)
        log::warning("task is given up", {{"task", id.text()}, {"trace", trace_id(id)}});
    for (const auto* ids : {&ended.cancelled, &ended.dead, &ended.expired}) {
        for (const domain::TaskId& id : *ids)
            task_ended(id);
    }
    for (const domain::TaskId& id : ended.requeued) {
        log::info("task waits again", {{"task", id.text()}, {"trace", trace_id(id)}});
        task_put_back(id);
    }
    if (!ended.requeued.empty()) wake_agents();
}

runtime::Task<void> Dispatcher::end_cancelled(domain::LeaseToken token) {
    const domain::TaskId id = token.id;
    Error error{ErrorCode::cancelled, "the task was cancelled"};
    storage::FailedAttempt attempt{std::move(token), {std::move(error), false}};
    const Result<domain::FailOutcome> ended =
        co_await store_call(store_, &TaskStore::fail, std::move(attempt));
    if (!ended) co_return ended.error();
    task_ended(id);
    co_return Result<void>();
}

runtime::Task<domain::CancelOutcome> Dispatcher::cancel(domain::TaskId id) {
    const Result<domain::CancelOutcome> outcome =
        co_await store_call(store_, &TaskStore::cancel, id);
    if (!outcome) co_return outcome;
    if (*outcome != domain::CancelOutcome::already_final) {
        const std::string trace = trace_id(id);
        log::debug("task cancelled", {{"task", id.text()}, {"trace", trace}});
    }
    if (*outcome == domain::CancelOutcome::cancelled) task_ended(id);
    if (*outcome != domain::CancelOutcome::requested) co_return outcome;

    // From here on the task can only end as cancelled and is never handed out again, so its lease
    // is the last one.
    const Result<domain::Task> task = co_await store_call(store_, &TaskStore::get, id);
    if (!task) co_return task.error();
    if (!domain::is_held(task->state)) co_return outcome;
    const domain::LeaseToken token{id, task->attempt, task->owner};
    const Result<void> ended = co_await end_cancelled(token);
    if (!ended) co_return ended.error();
    const std::function<void(const domain::LeaseToken&)> handler = *cancel_handler_.lock();
    if (handler) handler(token);
    co_return outcome;
}

void Dispatcher::on_cancel(std::function<void(const domain::LeaseToken&)> handler) {
    *cancel_handler_.lock() = std::move(handler);
}

void Dispatcher::on_interrupt(std::function<void(const domain::TaskId&)> handler) {
    *interrupt_handler_.lock() = std::move(handler);
}

void Dispatcher::interrupt(const std::string& tenant, const std::optional<std::string>& name) {
    const std::vector<domain::TaskId> ids = progress_.interrupt(tenant, name);
    const std::function<void(const domain::TaskId&)> handler = *interrupt_handler_.lock();
    if (!handler) return;
    for (const domain::TaskId& id : ids)
        handler(id);
}

void Dispatcher::begin_drain() {
    draining_ = true;
    wake_agents();
}

}  // namespace darkroom::control
