// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.h"

#include <algorithm>
#include <utility>

#include "agent/lease_thread.h"
#include "api/task_payload.h"
#include "base/file_identity.h"
#include "domain/task.h"
#include "telemetry/log.h"

namespace darkroom::agent {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kProgressInterval = std::chrono::milliseconds(100);

const char* word_for(engine::StepReport::Work work) {
    switch (work) {
        case engine::StepReport::Work::encode:
            return "encode";
        case engine::StepReport::Work::encode_image:
            return "encode-image";
        case engine::StepReport::Work::unet:
            return "unet";
        case engine::StepReport::Work::decode:
            return "decode";
        case engine::StepReport::Work::none:
            break;
    }
    return "none";
}

void tell(std::string_view message, const TracedAttempt& task) {
    log::debug(
        message,
        {{"task", task.id.task}, {"trace", trace_id_of(task.trace)}, {"attempt", task.id.attempt}});
}

}  // namespace

Agent::Agent(
    engine::Backend& backend,
    std::shared_ptr<const engine::ClipTokenizer> tokenizer,
    Channel& channel,
    AgentOptions options)
    : backend_(backend),
      tokenizer_(std::move(tokenizer)),
      channel_(channel),
      options_(std::move(options)),
      session_(options_.session),
      prefetcher_(backend_.fingerprint(), options_.cache_folder),
      extras_({"", backend_.fingerprint(), options_.version}) {}

void Agent::run() {
    const LeaseThread leases(channel_, held_);
    while (true) {
        while (auto message = channel_.poll())
            handle(*std::move(message));
        follow_orders();
        admit();
        if (draining_ && is_idle()) return;
        claim();
        if (is_idle()) {
            handle(channel_.receive());
            continue;
        }
        work();
        work_on_extras();
    }
}

bool Agent::is_idle() const {
    return session_.idle() && waiting_.empty() && extras_.empty();
}

/// One picture, so that those that are drawn wait for no more.
void Agent::work_on_extras() {
    std::optional<cluster::Message> message = extras_.step();
    if (!message) return;
    // Let go of before it is reported, as what was drawn is.
    publish_held();
    channel_.send(*message);
}

void Agent::handle(cluster::Message message) {
    if (auto* assignment = std::get_if<cluster::Assignment>(&message)) {
        accept(std::move(*assignment));
    } else if (const auto* interrupted = std::get_if<cluster::Interrupt>(&message)) {
        interrupt(interrupted->id);
    } else if (const auto* dropped = std::get_if<cluster::Drop>(&message)) {
        for (const cluster::AttemptId& id : dropped->ids)
            drop(id);
    } else if (std::holds_alternative<cluster::Drain>(message)) {
        draining_ = true;
    } else if (auto* load = std::get_if<cluster::Load>(&message)) {
        ordered_ = std::move(*load);
    } else if (auto* prefetch = std::get_if<cluster::Prefetch>(&message)) {
        prefetcher_.want(std::move(*prefetch));
    } else if (const auto* threads = std::get_if<cluster::Threads>(&message)) {
        threads_ = threads->count;
    }
}

/// A task that waits goes before a checkpoint that nobody waits for.
void Agent::follow_orders() {
    if (!session_.idle()) return;
    if (threads_) options_.set_threads(static_cast<int>(*std::exchange(threads_, std::nullopt)));
    if (!ordered_ || !waiting_.empty()) return;
    const cluster::Load wanted = *std::exchange(ordered_, std::nullopt);
    if (draining_) return;
    if (is_resident(wanted.model, wanted.path)) {
        channel_.send(cluster::Resident{model_name_, 1, {}});
        return;
    }
    // Control hears of a failure from load_checkpoint.
    static_cast<void>(load_checkpoint(wanted, nullptr));
}

void Agent::interrupt(const cluster::AttemptId& id) {
    const auto is_meant = [&](const cluster::AttemptId& other) {
        return other.task == id.task && (id.attempt == 0 || other.attempt == id.attempt);
    };
    for (const auto& [request, held] : drawing_) {
        if (is_meant(held.name.id)) session_.interrupt(request);
    }
    for (Waiting& next : waiting_) {
        if (is_meant(next.assignment.id)) next.interrupted = true;
    }
    extras_.interrupt(id);
}

void Agent::accept(cluster::Assignment assignment) {
    // The claim that brought this task has been used up, whatever becomes of it.
    if (last_claim_) last_claim_->capacity -= 1;
    const TracedAttempt name{assignment.id, assignment.trace};
    tell("task accepted", name);
    if (assignment.kind == domain::kExtrasKind) {
        const Result<void> added = extras_.add(std::move(assignment));
        if (!added) fail(name, added.error());
        publish_held();
        return;
    }
    auto generation = api::decode_generation(assignment.request);
    if (!generation) {
        fail(name, generation.error());
        return;
    }
    waiting_.push_back({std::move(assignment), *std::move(generation), false});
    publish_held();
}

/// Asks for as much as there is room for; while the session works, only for the same checkpoint.
void Agent::claim() {
    if (draining_) return;
    const std::size_t held = drawing_.size() + waiting_.size() + extras_.held().size();
    cluster::Claim wanted;
    wanted.capacity =
        static_cast<std::int64_t>(options_.max_tasks - std::min(held, options_.max_tasks));
    if (!session_.idle()) wanted.model = model_name_;
    const bool same = last_claim_ && last_claim_->capacity == wanted.capacity &&
                      last_claim_->model == wanted.model;
    if (same) return;
    last_claim_ = wanted;
    channel_.send(wanted);
}

/// Moves waiting tasks into the session: those of the resident checkpoint, or, when the session is
/// empty, those of the checkpoint that has waited longest.
void Agent::admit() {
    if (waiting_.empty()) return;
    if (session_.idle() &&
        !is_resident(waiting_.front().assignment.model, waiting_.front().assignment.path) &&
        !load(waiting_.front())) {
        return;
    }
    for (auto it = waiting_.begin(); it != waiting_.end();) {
        if (!is_resident(it->assignment.model, it->assignment.path)) {
            ++it;
            continue;
        }
        Waiting next = std::move(*it);
        it = waiting_.erase(it);
        begin(std::move(next));
    }
    publish_held();
}

void Agent::begin(Waiting next) {
    const cluster::Assignment& assignment = next.assignment;
    const TracedAttempt name{assignment.id, assignment.trace};
    auto drawing = drawing_of(
        next.generation, cluster::split_payload(assignment.inputs, assignment.input_bytes));
    const engine::RequestId id = next_request_++;
    const Result<void> added = drawing ? session_.add(id, model_, std::move(drawing->request))
                                       : Result<void>(drawing.error());
    if (!added) {
        fail(name, added.error());
        return;
    }
    Held held{name, std::move(next.generation), std::move(drawing->overlays), {}};
    drawing_.emplace(id, std::move(held));
    if (next.interrupted) session_.interrupt(id);
}

/// True for the loaded checkpoint, unless another file has taken its place since.
bool Agent::is_resident(const std::string& model, const std::string& path) const {
    if (!model_ || model != model_name_) return false;
    const Result<FileIdentity> identity = identify_file(path);
    return identity && identity->text() == model_->identity();
}

bool Agent::load(const Waiting& next) {
    const cluster::Assignment& assignment = next.assignment;
    const TracedAttempt name{assignment.id, assignment.trace};
    const Result<void> loaded = load_checkpoint(
        {assignment.model, assignment.path, assignment.sha256, assignment.identity}, &name);
    if (loaded) return true;
    waiting_.pop_front();
    fail(name, loaded.error());
    publish_held();
    return false;
}

/// `task` is told of the progress, if there is one.
Result<void> Agent::load_checkpoint(const cluster::Load& wanted, const TracedAttempt* task) {
    model_.reset();
    model_name_.clear();
    backend_.trim();
    const auto report = [&](double share) {
        if (task != nullptr) {
            channel_.send(cluster::Progress{.id = task->id, .phase = "loading", .loaded = share});
        }
        channel_.send(cluster::Resident{wanted.model, share, {}});
    };
    const auto begin = SteadyClock::now();
    auto reported = begin;
    const auto on_progress = [&](double share) {
        // The end is announced when the model can draw.
        if (share >= 1 || SteadyClock::now() - reported < kProgressInterval) return;
        reported = SteadyClock::now();
        report(share);
    };
    report(0);
    auto loaded = engine::Model::load(
        backend_,
        tokenizer_,
        {.path = wanted.path,
         .cache_folder = options_.cache_folder,
         .sha256 = wanted.sha256,
         .sha256_of = wanted.identity,
         .on_progress = on_progress});
    if (!loaded) {
        channel_.send(cluster::Resident{wanted.model, 0, loaded.error().message});
        return loaded.error();
    }
    model_ = *std::move(loaded);
    model_name_ = wanted.model;
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    channel_.send(cluster::Resident{wanted.model, 1, {}});
    channel_.send(cluster::EngineReport{"load", 0, seconds});
    log::debug(
        "checkpoint loaded",
        {{"model", wanted.model},
         {"seconds", seconds},
         {"task", task != nullptr ? task->id.task : ""},
         {"trace", task != nullptr ? trace_id_of(task->trace) : ""}});
    return {};
}

void Agent::work() {
    const engine::StepReport report = session_.step();
    if (report.work != engine::StepReport::Work::none) {
        channel_.send(cluster::EngineReport{word_for(report.work), report.width, report.seconds});
    }
    report_progress();
    for (engine::FinishedRequest& finished : session_.collect())
        deliver(std::move(finished));
    if (session_.idle()) backend_.trim();
}

void Agent::report_progress() {
    const auto now = SteadyClock::now();
    for (auto& [request, held] : drawing_) {
        const auto progress = session_.progress(request);
        if (!progress || now - held.reported < kProgressInterval) continue;
        held.reported = now;
        const bool sampled = progress->finished_steps == progress->total_steps;
        channel_.send(cluster::Progress{
            .id = held.name.id,
            .phase = sampled ? "decoding" : "sampling",
            .loaded = 1,
            .finished_steps = progress->finished_steps,
            .total_steps = progress->total_steps,
            .finished_pictures = progress->finished_pictures,
            .pictures = progress->pictures});
    }
}

void Agent::deliver(engine::FinishedRequest finished) {
    const auto found = drawing_.find(finished.id);
    if (found == drawing_.end()) return;
    const Held held = std::move(found->second);
    drawing_.erase(found);
    publish_held();
    if (!finished.pictures) {
        fail(held.name, finished.pictures.error());
        return;
    }
    const auto covered = lay_over(held.overlays, *std::move(finished.pictures));
    if (!covered) {
        fail(held.name, covered.error());
        return;
    }
    auto rendered = render(
        held.generation, *covered, {model_->sha256(), backend_.fingerprint(), options_.version});
    if (!rendered) {
        fail(held.name, rendered.error());
        return;
    }
    rendered->result.interrupted = finished.interrupted;
    cluster::Done done;
    done.id = held.name.id;
    done.result = api::encode_result(rendered->result);
    for (const std::vector<std::byte>& file : rendered->files) {
        done.image_bytes.push_back(file.size());
        done.images.insert(done.images.end(), file.begin(), file.end());
    }
    channel_.send(std::move(done));
    tell("task drawn", held.name);
}

void Agent::drop(const cluster::AttemptId& id) {
    std::erase_if(waiting_, [&](const Waiting& next) { return next.assignment.id == id; });
    extras_.drop(id);
    for (auto it = drawing_.begin(); it != drawing_.end();) {
        if (it->second.name.id == id) {
            session_.remove(it->first);
            it = drawing_.erase(it);
        } else {
            ++it;
        }
    }
    if (session_.idle()) backend_.trim();
    publish_held();
}

void Agent::fail(const TracedAttempt& task, Error error) {
    log::debug(
        "task cannot be drawn",
        {{"task", task.id.task},
         {"trace", trace_id_of(task.trace)},
         {"attempt", task.id.attempt},
         {"reason", error.message}});
    channel_.send(cluster::Failed{task.id, std::move(error), false});
}

void Agent::publish_held() {
    std::vector<cluster::AttemptId> ids = extras_.held();
    for (const auto& [request, held] : drawing_)
        ids.push_back(held.name.id);
    for (const Waiting& next : waiting_)
        ids.push_back(next.assignment.id);
    *held_.lock() = std::move(ids);
}

}  // namespace darkroom::agent
