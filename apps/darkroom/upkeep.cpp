// SPDX-License-Identifier: Apache-2.0
#include "upkeep.h"

#include <utility>

namespace darkroom::app {

Upkeep::Upkeep(const ServeOptions& options, Parts parts)
    : parts_(parts),
      sweeper_(
          parts.io.executor(),
          {parts.tasks, *parts.stores.objects, sweeping_, parts.metrics, parts.clock},
          options.retention) {}

void Upkeep::start() {
    sweeper_.start();
    control::ModelWatcherOptions watching;
    watching.each_look = [&uploads = parts_.uploads] { uploads.expire(); };
    watcher_.emplace(parts_.models, std::move(watching));
}

}  // namespace darkroom::app
