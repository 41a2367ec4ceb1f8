// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/clock.h"
#include "cluster/event_bus.h"
#include "command.h"
#include "control/model_folder.h"
#include "control/model_watcher.h"
#include "control/sweeper.h"
#include "control/upload_folder.h"
#include "control/webhook_deliverer.h"
#include "gateway/gateway.h"
#include "http/outgoing_client.h"
#include "runtime/blocking_pool.h"
#include "runtime/io_threads.h"
#include "serve_stores.h"
#include "telemetry/metrics.h"

namespace darkroom::app {

/// What a server does beside answering: it watches the models folder, sweeps and tells webhooks.
class Upkeep {
  public:
    /// What it works with; everything outlives it.
    struct Parts {
        const runtime::IoThreads& io;
        const ServeStores& stores;
        storage::TaskStore& tasks;
        control::ModelFolder& models;
        control::UploadFolder& uploads;
        cluster::EventBus& bus;
        telemetry::Metrics& metrics;
        Clock& clock;
    };

    /// The options' networks have been checked.
    Upkeep(const ServeOptions& options, Parts parts);

    /// Once.
    void start();

    [[nodiscard]] gateway::Webhooks webhooks();

  private:
    Parts parts_;
    runtime::BlockingPool sweeping_{1};
    control::Sweeper sweeper_;
    http::OutgoingClient outgoing_;
    control::WebhookDeliverer deliverer_;
    std::optional<control::ModelWatcher> watcher_;
};

}  // namespace darkroom::app
