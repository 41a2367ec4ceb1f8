// SPDX-License-Identifier: Apache-2.0
#include "upkeep.h"

#include <utility>

namespace darkroom::app {

Upkeep::Upkeep(const ServeOptions& options, Parts parts)
    : parts_(parts),
      sweeper_(
          parts.io.executor(),
          {parts.tasks, *parts.stores.objects, sweeping_, parts.metrics, parts.clock},
          options.retention),
      outgoing_(http::AddressPolicy::with_networks(options.webhook_networks).value()),
      deliverer_(
          parts.io.executor(),
          {*parts.stores.webhooks,
           parts.bus,
           parts.clock,
           parts.metrics,
           [this](const http::OutgoingRequest& request) { return outgoing_.post(request); }}) {}

void Upkeep::start() {
    sweeper_.start();
    deliverer_.start();
    control::ModelWatcherOptions watching;
    watching.each_look = [&uploads = parts_.uploads] { uploads.expire(); };
    watcher_.emplace(parts_.models, std::move(watching));
}

gateway::Webhooks Upkeep::webhooks() {
    return {*parts_.stores.webhooks, outgoing_, [this] { deliverer_.wake(); }};
}

}  // namespace darkroom::app
