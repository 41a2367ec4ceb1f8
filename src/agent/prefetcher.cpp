// SPDX-License-Identifier: Apache-2.0
#include "agent/prefetcher.h"

#include <utility>

#include "engine/weights/packed_source.h"

namespace darkroom::agent {

Prefetcher::Prefetcher(std::string fingerprint, std::optional<std::filesystem::path> cache_folder)
    : fingerprint_(std::move(fingerprint)),
      cache_folder_(std::move(cache_folder)),
      thread_([this] { run(); }) {}

Prefetcher::~Prefetcher() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Prefetcher::want(cluster::Prefetch wanted) {
    {
        const std::lock_guard lock(mutex_);
        wanted_ = std::move(wanted);
    }
    changed_.notify_one();
}

void Prefetcher::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stop_ || wanted_; });
        if (stop_) return;
        const cluster::Prefetch next = *std::exchange(wanted_, std::nullopt);
        lock.unlock();
        engine::prefetch_weights(next.path, {next.sha256, fingerprint_}, cache_folder_);
        lock.lock();
    }
}

}  // namespace darkroom::agent
