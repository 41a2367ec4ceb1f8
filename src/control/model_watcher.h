// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "control/folder_watch.h"
#include "control/model_folder.h"

namespace darkroom::control {

struct ModelWatcherOptions {
    /// Time between two looks at the folder when nothing is told.
    std::chrono::milliseconds poll{60'000};
    /// Called at each look: for what has to be done now and then.
    std::function<void()> each_look = {};
};

/// Keeps a ModelFolder true on a thread of its own: looks again when something changes, and
/// computes the hashes that are missing.
class ModelWatcher {
  public:
    /// `models` outlives the watcher.
    explicit ModelWatcher(ModelFolder& models, ModelWatcherOptions options = {});
    /// Ends the thread; a hash that is being computed is given up.
    ~ModelWatcher();
    ModelWatcher(const ModelWatcher&) = delete;
    ModelWatcher& operator=(const ModelWatcher&) = delete;

  private:
    void run();
    void look();

    ModelFolder& models_;
    ModelWatcherOptions options_;
    FolderWatch watch_;
    bool is_lost_ = false;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace darkroom::control
