// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/dry_run.h"
#include "api/refused_fields.h"
#include "base/clock.h"
#include "base/disk_space.h"
#include "base/guarded.h"
#include "control/dispatcher.h"
#include "control/event_feed.h"
#include "control/function_registry.h"
#include "control/model_folder.h"
#include "control/model_registry.h"
#include "control/upload_folder.h"
#include "domain/sampling.h"
#include "gateway/access_control.h"
#include "gateway/image_fetcher.h"
#include "gateway/option_store.h"
#include "gateway/url_signer.h"
#include "http/outgoing_client.h"
#include "http/router.h"
#include "http/server.h"
#include "runtime/blocking_pool.h"
#include "storage/object_store.h"
#include "storage/webhook_store.h"
#include "telemetry/metrics.h"

namespace darkroom::gateway {

/// What the routes ask of the pool of agents. Checkpoints go by the name that tasks call them.
struct AgentControls {
    std::function<std::vector<domain::Instance>(const std::string& model)> instances;
    /// Ends the agents of a checkpoint once what they hold is finished.
    std::function<void(const std::string& model)> retire;
    /// Replaces every agent once what it holds is finished.
    std::function<void()> restart;
    /// Limits have changed.
    std::function<void()> reconsider;
};

/// What the routes of webhooks work with.
struct Webhooks {
    storage::WebhookStore& store;
    /// Judges where they may be.
    const http::OutgoingClient& outgoing;
    /// There is something to send.
    std::function<void()> wake;
};

/// Tenant and name of each.
using CallNames = Guarded<std::set<std::pair<std::string, std::string>>>;

/// What the routes work with; everything outlives the server.
struct Parts {
    control::Dispatcher& dispatcher;
    control::ModelFolder& models;
    control::ModelRegistry& registry;
    control::UploadFolder& uploads;
    storage::ObjectStore& objects;
    OptionStore& options;
    UrlSigner& urls;
    AccessControl& access;
    runtime::BlockingPool& blocking;
    telemetry::Metrics& metrics;
    Clock& clock;
    domain::SamplingCatalog catalog;
    /// Prompt constructs that the engine does not act on.
    api::FindUnsupported find_unsupported;
    /// True when an agent is there to draw.
    std::function<bool()> has_agent;
    std::string version;
    control::FunctionRegistry& functions;
    AgentControls agents;
    control::EventFeed& events;
    api::CountTokens count_tokens;
    Webhooks webhooks;
    ImageFetcher& image_fetcher;
    /// Room on the disk of the data folder. May block.
    std::function<Result<DiskSpace>()> disk_space;
    /// With less room than this no requests are asked for, and /healthz says so.
    std::uint64_t minimum_free_bytes = 0;
    /// Brings metrics up to date that are counted elsewhere; may be empty.
    std::function<void()> collect = {};
    /// Calls that are being answered as tasks.
    std::shared_ptr<CallNames> calls = std::make_shared<CallNames>();
};

/// Adds every route that is served, and the guard before them: A1111's API, the serverless API,
/// log-in and administration, and the routes for operators.
void add_routes(http::Router& router, Parts& parts);

/// Counts every answer by route and status.
std::function<void(const http::Exchange&)> observer(telemetry::Metrics& metrics);

/// Errors in the shapes that clients of a path expect: A1111's under /sdapi, {"message": ...} in
/// the serverless API.
http::Response render_problem(const http::Problem& problem, std::string_view path);

}  // namespace darkroom::gateway
