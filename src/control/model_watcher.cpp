// SPDX-License-Identifier: Apache-2.0
#include "control/model_watcher.h"

#include "telemetry/log.h"

namespace darkroom::control {

ModelWatcher::ModelWatcher(ModelFolder& models, ModelWatcherOptions options)
    : models_(models),
      options_(std::move(options)),
      watch_(models.folder()),
      thread_([this] { run(); }) {}

ModelWatcher::~ModelWatcher() {
    stop_ = true;
    watch_.stop();
    thread_.join();
}

void ModelWatcher::run() {
    while (!stop_) {
        look();
        bool has_changed = false;
        // A change comes before the next hash: there may be hours of them.
        while (!stop_ && !has_changed && models_.hash_next(stop_))
            has_changed = watch_.wait(std::chrono::milliseconds(0));
        if (!stop_ && !has_changed) watch_.wait(options_.poll);
    }
}

void ModelWatcher::look() {
    const Result<void> scanned = models_.scan();
    if (!scanned && !is_lost_) {
        log::error("the models folder is gone", {{"reason", scanned.error().message}});
    }
    is_lost_ = !scanned.has_value();
    if (options_.each_look) options_.each_look();
}

}  // namespace darkroom::control
