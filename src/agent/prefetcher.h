// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "cluster/agent_protocol.h"

namespace darkroom::agent {

/// Reads ahead what the next checkpoint needs, on a thread of its own: a full queue of the disk
/// would hold up the drawing. Of several wishes the last counts.
class Prefetcher {
  public:
    Prefetcher(std::string fingerprint, std::optional<std::filesystem::path> cache_folder);
    ~Prefetcher();
    Prefetcher(const Prefetcher&) = delete;
    Prefetcher& operator=(const Prefetcher&) = delete;

    void want(cluster::Prefetch wanted);

  private:
    void run();

    const std::string fingerprint_;
    const std::optional<std::filesystem::path> cache_folder_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<cluster::Prefetch> wanted_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace darkroom::agent
