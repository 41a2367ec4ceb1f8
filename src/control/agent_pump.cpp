// SPDX-License-Identifier: Apache-2.0
// The half of AgentService that sends: it hands out tasks and forwards messages.

#include <algorithm>
#include <utility>

#include "api/input_keys.h"
#include "control/agent_link.h"
#include "control/store_call.h"
#include "control/task_inputs.h"
#include "telemetry/log_failure.h"

namespace darkroom::control {
namespace {

using runtime::Deadline;
using storage::TaskStore;

/// Claims in vain after which an agent waits for news of the queue.
constexpr int kMostMisses = 10;

/// Whether its turn comes before that of another checkpoint.
bool comes_first(const storage::BacklogEntry& entry, const storage::BacklogEntry& other) {
    if (entry.priority != other.priority) return entry.priority > other.priority;
    return entry.least_vft < other.least_vft;
}

}  // namespace

boost::asio::awaitable<void> AgentService::pump(std::shared_ptr<Link> link) {
    while (!link->closed) {
        const std::uint64_t seen = link->changed.count();
        const std::uint64_t queue_seen = parts_.dispatcher.queue_changed().count();
        std::vector<cluster::Message> messages = std::exchange(*link->outbox.lock(), {});
        for (cluster::Message& message : messages) {
            cluster::Message next = std::move(message);
            if (const auto* drop = std::get_if<cluster::Drop>(&next)) {
                for (const cluster::AttemptId& id : drop->ids)
                    forget(*link, id);
            }
            const Result<void> sent = co_await send(link, std::move(next));
            if (!sent) co_return;
        }
        const Result<void> handed_out = co_await hand_out(link);
        if (!handed_out) {
            log::failure(log::Level::warning, "tasks cannot be claimed", handed_out.error());
        }
        const Result<void> prefetched = co_await prefetch(link);
        if (!prefetched) {
            log::warning("what waits is not read ahead", {{"reason", prefetched.error().message}});
        }
        std::vector<runtime::Watch> watches;
        watches.emplace_back(link->changed, seen);
        watches.emplace_back(parts_.dispatcher.queue_changed(), queue_seen);
        const Result<std::size_t> waited =
            co_await runtime::wait_any(std::move(watches), Deadline::never());
        if (!waited) co_return;
    }
}

runtime::Task<void> AgentService::send(std::shared_ptr<Link> link, cluster::Message message) {
    if (const auto* load = std::get_if<cluster::Load>(&message)) {
        std::string model = load->model;
        const Result<void> told = co_await send_threads(link, std::move(model));
        if (!told) co_return told;
    }
    const Result<void> sent = co_await link->connection->send(std::move(message));
    co_return sent;
}

/// Before a checkpoint is loaded: its function may want other threads than the one before.
runtime::Task<void> AgentService::send_threads(std::shared_ptr<Link> link, std::string model) {
    const domain::FunctionSettings settings = parts_.functions.settings(checkpoint_of(model));
    const int wanted = domain::threads_of(settings);
    if (std::exchange(link->threads, wanted) == wanted) co_return Result<void>();
    cluster::Message threads = cluster::Threads{wanted};
    const Result<void> sent = co_await link->connection->send(std::move(threads));
    co_return sent;
}

/// What waits for functions that the agent may serve now.
std::vector<storage::BacklogEntry> AgentService::open_to(
    const std::string& agent,
    const std::vector<storage::BacklogEntry>& backlog,
    const AgentPool::Functions& functions) {
    const AgentPool::Functions open = pool_.open_to(agent, functions);
    std::vector<storage::BacklogEntry> entries;
    for (const storage::BacklogEntry& entry : backlog) {
        const auto found = std::ranges::find(open, entry.model, &scheduling::PooledFunction::model);
        if (found != open.end()) entries.push_back(entry);
    }
    return entries;
}

/// Claims as much as the agent asked for, of what the pool lets it take and placement gives it.
runtime::Task<void> AgentService::hand_out(std::shared_ptr<Link> link) {
    TaskStore& store = parts_.dispatcher.store();
    int misses = 0;
    std::vector<storage::BacklogEntry> missed;
    while (link->room() > 0 && !parts_.dispatcher.is_draining() && !link->closed) {
        const Result<std::vector<storage::BacklogEntry>> backlog =
            co_await store_call(store, &TaskStore::backlog);
        if (!backlog) co_return backlog.error();
        if (pool_.is_ending(link->agent_id) || link->is_quiet()) break;
        const AgentPool::Functions functions = pooled(*backlog);
        const std::vector<storage::BacklogEntry> open =
            open_to(link->agent_id, *backlog, functions);
        const AgentRoom room{link->agent_id, link->claim.capacity, !link->claim.model.empty()};
        auto placement = parts_.dispatcher.scheduler().next_for(room, open);
        if (!placement) break;
        if (!pool_.reserve(link->agent_id, placement->model, functions)) break;
        storage::ClaimRequest request;
        request.agent = link->agent_id;
        request.max_count = 1;
        request.models = std::move(placement->claims);
        request.takes_suspects = link->held.empty();
        Result<std::vector<domain::Task>> claimed =
            co_await store_call(store, &TaskStore::claim, std::move(request));
        if (!claimed || claimed->empty()) pool_.unreserve(link->agent_id);
        if (!claimed) co_return claimed.error();
        if (claimed->empty()) {
            // Somebody else was faster, or cancelled it; there may be other work. The same work
            // again is a suspect's turn, for which this agent must have become idle.
            if (++misses >= kMostMisses || missed == *backlog) break;
            missed = *backlog;
            continue;
        }
        domain::Task task = std::move(claimed->front());
        const Result<void> assigned = co_await assign(link, std::move(task));
        pool_.unreserve(link->agent_id);
        if (!assigned) co_return assigned.error();
    }
    co_return Result<void>();
}

/// While an agent draws, the disk may read what waits for a checkpoint that no agent has.
runtime::Task<void> AgentService::prefetch(std::shared_ptr<Link> link) {
    if (link->held.empty() || link->closed || parts_.dispatcher.is_draining()) {
        co_return Result<void>();
    }
    const Result<std::vector<storage::BacklogEntry>> backlog =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::backlog);
    if (!backlog) co_return backlog.error();
    const storage::BacklogEntry* next = nullptr;
    for (const storage::BacklogEntry& entry : *backlog) {
        if (entry.model.empty() || !pool_.instances(entry.model).empty()) continue;
        if (next == nullptr || comes_first(entry, *next)) next = &entry;
    }
    if (next == nullptr || next->model == link->prefetched) co_return Result<void>();
    const std::vector<domain::ModelDescription> models = parts_.models.models();
    const domain::ModelDescription* model = domain::find_model(models, next->model);
    // A task for a checkpoint that is gone fails at its turn.
    if (model == nullptr) co_return Result<void>();
    link->prefetched = next->model;
    cluster::Message message = cluster::Prefetch{model->filename, model->sha256};
    const Result<void> sent = co_await link->connection->send(std::move(message));
    co_return sent;
}

/// A function begins with the first task for its checkpoint.
runtime::Task<void> AgentService::begin_function(std::shared_ptr<Link> link, std::string model) {
    std::string checkpoint = checkpoint_of(model);
    const Result<domain::Function> function =
        co_await parts_.functions.ensure(std::move(checkpoint));
    if (!function) {
        log::failure(log::Level::warning, "a function is not kept", function.error());
    }
    const Result<void> told = co_await send_threads(link, std::move(model));
    co_return told;
}

/// What of the assignment is not in the row. Fails with not_found when a part of it is gone.
runtime::Task<cluster::Assignment> AgentService::prepare(domain::Task task) {
    cluster::Assignment assignment{
        {task.id.text(), task.attempt}, task.model, {}, {}, {}, task.request};
    assignment.kind = task.kind;
    assignment.trace = task.trace;
    if (domain::needs_checkpoint(task.kind)) {
        const std::vector<domain::ModelDescription> models = parts_.models.models();
        const domain::ModelDescription* model = domain::find_model(models, task.model);
        if (model == nullptr) {
            co_return Error{
                ErrorCode::not_found,
                "the checkpoint " + task.model + " is no longer in the models folder",
                "model"};
        }
        assignment.path = model->filename;
        assignment.sha256 = model->sha256;
        assignment.identity = model->identity;
    }
    const Result<std::vector<std::string>> keys = api::input_keys(task.kind, task.request);
    if (!keys) co_return keys.error();
    if (keys->empty()) co_return assignment;
    std::function<Result<TaskInputs>()> work = [&objects = parts_.objects, wanted = *keys] {
        return read_inputs(objects, wanted);
    };
    Result<TaskInputs> inputs =
        co_await parts_.blocking.run<TaskInputs>(std::move(work), Deadline::never());
    if (!inputs) co_return inputs.error();
    assignment.input_bytes = std::move(inputs->sizes);
    assignment.inputs = std::move(inputs->bytes);
    co_return assignment;
}

runtime::Task<void> AgentService::assign(std::shared_ptr<Link> link, domain::Task task) {
    const domain::LeaseToken token{task.id, task.attempt, link->agent_id};
    domain::Task wanted = task;
    Result<cluster::Assignment> prepared = co_await prepare(std::move(wanted));
    if (!prepared) {
        const Result<void> refused = co_await refuse(token, prepared.error());
        co_return refused;
    }
    if (domain::needs_checkpoint(task.kind)) {
        std::string model = task.model;
        const Result<void> begun = co_await begin_function(link, std::move(model));
        if (!begun) co_return begun;
    }
    const Result<domain::LeaseStatus> running =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::mark_running, token);
    if (!running) co_return running.error();
    if (*running == domain::LeaseStatus::cancel_requested) {
        const Result<void> ended = co_await parts_.dispatcher.end_cancelled(token);
        co_return ended;
    }
    if (*running == domain::LeaseStatus::lost || link->closed) co_return Result<void>();
    // A task that is not sent costs the agent no room. A cancel from here on posts a Drop, which is
    // sent after the assignment.
    link->claim.capacity -= 1;
    if (!task.model.empty()) link->claim.model = task.model;
    if (task.model == link->prefetched) link->prefetched.clear();
    link->held[task.id.text()] = task.attempt;
    link->has_suspect = domain::is_suspect(task);
    link->shares.begin(task.id.text(), parts_.clock.boot_ms());
    note_held(*link, task);
    parts_.dispatcher.task_taken(task.id);
    log::debug(
        "task assigned",
        {{"task", task.id.text()},
         {"trace", trace_id_of(task.trace)},
         {"agent", link->agent_id},
         {"attempt", task.attempt}});
    const bool concerns_others = parts_.dispatcher.scheduler().assigned(link->agent_id, task.model);
    if (concerns_others) parts_.dispatcher.wake_agents();
    parts_.metrics.observe(
        TaskPhase::queued, static_cast<double>(parts_.clock.wall_ms() - task.created_ms) / 1'000.0);
    cluster::Message assignment = *std::move(prepared);
    const Result<void> sent = co_await link->connection->send(std::move(assignment));
    co_return sent;
}

void AgentService::note_held(Link& link, const domain::Task& task) {
    pool_.hold(link.agent_id, {task.id.text(), task.attempt}, task.model);
    pool_.set_room(link.agent_id, link.room());
    pool_changed_.notify_all();
}

/// Fails a claimed task that cannot be handed out.
runtime::Task<void> AgentService::refuse(domain::LeaseToken token, Error error) {
    const domain::TaskId id = token.id;
    const bool is_retryable = darkroom::is_retryable(error.code);
    const std::string trace = parts_.dispatcher.trace_id(id);
    log::info(
        "task cannot be handed out",
        {{"task", id.text()}, {"trace", trace}, {"reason", error.message}});
    storage::FailedAttempt failed{std::move(token), {std::move(error), is_retryable}};
    const Result<domain::FailOutcome> ended =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::fail, std::move(failed));
    if (ended && *ended == domain::FailOutcome::requeued) {
        parts_.dispatcher.task_put_back(id);
        parts_.dispatcher.wake_agents();
    } else {
        parts_.dispatcher.task_ended(id);
    }
    if (!ended) co_return ended.error();
    co_return Result<void>();
}

}  // namespace darkroom::control
