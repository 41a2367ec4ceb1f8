// SPDX-License-Identifier: Apache-2.0
// The half of AgentService that sends: it hands out tasks and forwards messages.

#include "api/task_payload.h"
#include "control/agent_link.h"
#include "control/store_call.h"
#include "telemetry/log.h"

namespace darkroom::control {
namespace {

using runtime::Deadline;
using storage::TaskStore;

/// Claims in vain after which an agent waits for news of the queue.
constexpr int kMostMisses = 10;
/// The kind of task that comes without pictures.
constexpr const char* kTextToImage = "txt2img";

/// The files that a task starts from, in the order of its keys.
struct Inputs {
    std::vector<std::uint64_t> lengths;
    std::vector<std::byte> bytes;
};

Result<Inputs> read_inputs(storage::ObjectStore& objects, const std::string& request) {
    Inputs inputs;
    DARKROOM_TRY_ASSIGN(const domain::Generation generation, api::decode_generation(request));
    if (!generation.init) return inputs;
    std::vector<std::string> names = generation.init->pictures;
    if (!generation.init->mask.empty()) names.push_back(generation.init->mask);
    for (const std::string& name : names) {
        DARKROOM_TRY_ASSIGN(const storage::ObjectKey key, storage::ObjectKey::parse(name));
        DARKROOM_TRY_ASSIGN(const std::vector<std::byte> file, objects.get(key));
        if (inputs.bytes.size() + file.size() > cluster::kMaxFramePayloadBytes) {
            return Error{ErrorCode::payload_too_large, "the pictures to start from are too large"};
        }
        inputs.lengths.push_back(file.size());
        inputs.bytes.insert(inputs.bytes.end(), file.begin(), file.end());
    }
    return inputs;
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
                    link->forget(id, parts_.clock.boot_ms());
            }
            const Result<void> sent = co_await link->connection->send(std::move(next));
            if (!sent) co_return;
        }
        const Result<void> handed_out = co_await hand_out(link);
        if (!handed_out) {
            log::warning("tasks cannot be claimed", {{"reason", handed_out.error().message}});
        }
        std::vector<runtime::Watch> watches;
        watches.emplace_back(link->changed, seen);
        watches.emplace_back(parts_.dispatcher.queue_changed(), queue_seen);
        const Result<std::size_t> waited =
            co_await runtime::wait_any(std::move(watches), Deadline::never());
        if (!waited) co_return;
    }
}

/// Claims as much as the agent asked for and placement gives it.
runtime::Task<void> AgentService::hand_out(std::shared_ptr<Link> link) {
    TaskStore& store = parts_.dispatcher.store();
    int misses = 0;
    while (link->claim.capacity > 0 && !parts_.dispatcher.is_draining() && !link->closed) {
        const Result<std::vector<storage::BacklogEntry>> backlog =
            co_await store_call(store, &TaskStore::backlog);
        if (!backlog) co_return backlog.error();
        const AgentRoom room{link->agent_id, link->claim.capacity, !link->claim.model.empty()};
        auto placement = parts_.dispatcher.scheduler().next_for(room, *backlog);
        if (!placement) break;
        storage::ClaimRequest request;
        request.agent = link->agent_id;
        request.max_count = 1;
        request.models = std::move(placement->claims);
        Result<std::vector<domain::Task>> claimed =
            co_await store_call(store, &TaskStore::claim, std::move(request));
        if (!claimed) co_return claimed.error();
        // Somebody else was faster, or cancelled it; there may be other work.
        if (claimed->empty() && ++misses < kMostMisses) continue;
        if (claimed->empty()) break;
        domain::Task task = std::move(claimed->front());
        const Result<void> assigned = co_await assign(link, std::move(task));
        if (!assigned) co_return assigned.error();
    }
    co_return Result<void>();
}

runtime::Task<void> AgentService::assign(std::shared_ptr<Link> link, domain::Task task) {
    const domain::LeaseToken token{task.id, task.attempt, link->agent_id};
    const std::vector<domain::ModelDescription> models = parts_.models.models();
    const domain::ModelDescription* model = domain::find_model(models, task.model);
    if (model == nullptr) {
        Error error{
            ErrorCode::not_found,
            "the checkpoint " + task.model + " is no longer in the models folder",
            "model"};
        const Result<void> refused = co_await refuse(token, std::move(error));
        co_return refused;
    }
    Result<Inputs> inputs = Inputs{};
    if (task.kind != kTextToImage) {
        std::function<Result<Inputs>()> work = [&objects = parts_.objects, text = task.request] {
            return read_inputs(objects, text);
        };
        inputs = co_await parts_.blocking.run<Inputs>(std::move(work), Deadline::never());
    }
    if (!inputs) {
        const Result<void> refused = co_await refuse(token, inputs.error());
        co_return refused;
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
    link->held[task.id.text()] = task.attempt;
    link->shares.begin(task.id.text(), parts_.clock.boot_ms());
    parts_.dispatcher.task_taken(task.id);
    const bool concerns_others = parts_.dispatcher.scheduler().assigned(link->agent_id, task.model);
    if (concerns_others) parts_.dispatcher.wake_agents();
    parts_.metrics.observe(
        TaskPhase::queued, static_cast<double>(parts_.clock.wall_ms() - task.created_ms) / 1'000.0);
    cluster::Message assignment = cluster::Assignment{
        {task.id.text(), task.attempt},
        task.model,
        model->filename,
        model->sha256,
        task.request,
        std::move(inputs->lengths),
        std::move(inputs->bytes)};
    const Result<void> sent = co_await link->connection->send(std::move(assignment));
    co_return sent;
}

/// Fails a claimed task that cannot be handed out.
runtime::Task<void> AgentService::refuse(domain::LeaseToken token, Error error) {
    const domain::TaskId id = token.id;
    storage::FailedAttempt failed{std::move(token), {std::move(error), false}};
    const Result<domain::FailOutcome> ended =
        co_await store_call(parts_.dispatcher.store(), &TaskStore::fail, std::move(failed));
    parts_.dispatcher.task_ended(id);
    if (!ended) co_return ended.error();
    co_return Result<void>();
}

}  // namespace darkroom::control
