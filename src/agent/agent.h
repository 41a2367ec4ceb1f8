// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/channel.h"
#include "agent/extras_queue.h"
#include "agent/init_pictures.h"
#include "agent/prefetcher.h"
#include "agent/rendering.h"
#include "base/guarded.h"
#include "domain/generation.h"
#include "engine/pipelines/session.h"

namespace darkroom::agent {

struct AgentOptions {
    /// Folder of packed weights; absent keeps them in memory.
    std::optional<std::filesystem::path> cache_folder = {};
    /// Tasks held at once.
    std::size_t max_tasks = 8;
    engine::SessionOptions session = {};
    /// Sets the backend's number of threads, 0 for the one it began with.
    std::function<void(int)> set_threads = [](int) {};
    std::string version = {};
};

/// An attempt at a task, with the trace that its log lines name.
struct TracedAttempt {
    cluster::AttemptId id;
    std::optional<TraceContext> trace;
};

/// A worker: claims tasks, draws them in one engine session, reports back. Runs on the device
/// thread; beside it live the channel's reader and a thread that renews leases.
class Agent {
  public:
    Agent(
        engine::Backend& backend,
        std::shared_ptr<const engine::ClipTokenizer> tokenizer,
        Channel& channel,
        AgentOptions options);

    /// Works until told to drain and nothing is held.
    void run();

  private:
    struct Held {
        TracedAttempt name;
        domain::Generation generation;
        /// Laid over the pictures at the end; see PreparedInit.
        std::vector<image::Overlay> overlays;
        std::chrono::steady_clock::time_point reported;
    };
    struct Waiting {
        cluster::Assignment assignment;
        domain::Generation generation;
        bool interrupted = false;
    };

    void interrupt(const cluster::AttemptId& id);
    void handle(cluster::Message message);
    void accept(cluster::Assignment assignment);
    void claim();
    void admit();
    void begin(Waiting next);
    bool load(const Waiting& next);
    Result<void> load_checkpoint(const cluster::Load& wanted, const TracedAttempt* task);
    void follow_orders();
    [[nodiscard]] bool is_resident(const std::string& model, const std::string& path) const;
    void work();
    void work_on_extras();
    [[nodiscard]] bool is_idle() const;
    void report_progress();
    void deliver(engine::FinishedRequest finished);
    void drop(const cluster::AttemptId& id);
    void fail(const TracedAttempt& task, Error error);
    void publish_held();

    engine::Backend& backend_;
    std::shared_ptr<const engine::ClipTokenizer> tokenizer_;
    Channel& channel_;
    AgentOptions options_;
    engine::Session session_;

    /// The resident checkpoint.
    std::shared_ptr<const engine::Model> model_;
    std::string model_name_;
    /// A checkpoint to load, and threads to compute with, once nothing is drawn.
    std::optional<cluster::Load> ordered_;
    std::optional<std::int64_t> threads_;

    Prefetcher prefetcher_;
    ExtrasQueue extras_;
    std::deque<Waiting> waiting_;
    std::map<engine::RequestId, Held> drawing_;
    engine::RequestId next_request_ = 1;
    std::optional<cluster::Claim> last_claim_;
    bool draining_ = false;
    /// What the lease thread renews.
    Guarded<std::vector<cluster::AttemptId>> held_;
};

}  // namespace darkroom::agent
