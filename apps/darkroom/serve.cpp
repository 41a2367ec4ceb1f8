// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "agent/checkpoint_facts.h"
#include "agent/prompt_tokens.h"
#include "agent/sampling_catalog.h"
#include "base/clock.h"
#include "base/disk_space.h"
#include "base/format.h"
#include "cluster/memory/in_process_event_bus.h"
#include "cluster/process/child_provider.h"
#include "command.h"
#include "console.h"
#include "control/agent_service.h"
#include "control/announcing_task_store.h"
#include "control/event_feed.h"
#include "control/model_registry.h"
#include "data_folder.h"
#include "engine/text/prompt_syntax.h"
#include "engine_setup.h"
#include "first_key.h"
#include "gateway/gateway.h"
#include "http/address_policy.h"
#include "http/server.h"
#include "log_setup.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "runtime/service_notice.h"
#include "runtime/signals.h"
#include "serve_settings.h"
#include "serve_stores.h"
#include "telemetry/log.h"
#include "upkeep.h"
#include "version.h"

namespace darkroom::app {
namespace {

constexpr int kIoThreads = 2;

std::vector<std::string> unsupported_syntax(std::string_view prompt, api::PromptRole role) {
    const bool positive = role == api::PromptRole::positive;
    return engine::unsupported_syntax(
        prompt, positive ? engine::PromptRole::positive : engine::PromptRole::negative);
}

void tell_service_manager(std::string_view state) {
    const char* socket = std::getenv("NOTIFY_SOCKET");
    if (socket == nullptr) return;
    const Result<void> told = runtime::notify_service(socket, state);
    if (!told) log::warning("service manager", {{"reason", told.error().message}});
}

/// Brings the counters of the database up to date.
std::function<void()> database_counters(
    telemetry::Metrics& metrics, const storage::ConnectionThread& writer) {
    const telemetry::Counter operations =
        metrics.counter("darkroom_database_operations_total", "Operations of the task database");
    const telemetry::Counter commits =
        metrics.counter("darkroom_database_commits_total", "Commits that these operations took");
    return [operations, commits, &writer] {
        const storage::ConnectionThread::Counters counters = writer.counters();
        operations.increment(static_cast<double>(counters.operations) - operations.value());
        commits.increment(static_cast<double>(counters.commits) - commits.value());
    };
}

gateway::AgentControls controls_of(control::AgentService& agents) {
    return {
        [&agents](const std::string& model) { return agents.instances(model); },
        [&agents](const std::string& model) { agents.retire(model); },
        [&agents] { agents.restart(); },
        [&agents] { agents.reconsider(); }};
}

/// What takes part in ending.
struct Workings {
    control::Dispatcher& dispatcher;
    control::AgentService& agents;
    std::chrono::seconds drain_time;
};

/// Waits for SIGTERM or SIGINT, then lets running work finish.
runtime::Task<void> run_until_told(http::Server& server, Workings workings) {
    const Result<int> signal = co_await runtime::wait_for_termination_signal();
    if (!signal) co_return signal.error();
    tell_service_manager("STOPPING=1");
    log::info("draining", {{"signal", *signal}, {"seconds", workings.drain_time.count()}});
    const runtime::Deadline deadline = runtime::Deadline::after(workings.drain_time);
    workings.dispatcher.begin_drain();
    const Result<void> agents_done = co_await workings.agents.drain(deadline);
    if (!agents_done) log::warning("drain ran out of time; tasks stay queued", {});
    const Result<void> clients_done = co_await server.drain(deadline);
    if (!clients_done) log::warning("drain cut off clients", {});
    co_return Result<void>();
}

/// Listens, starts the agents and answers until the process is told to end.
Result<void> answer_requests(
    const runtime::IoThreads& io,
    http::ServerOptions listening,
    const http::Router& router,
    Workings workings) {
    DARKROOM_TRY_ASSIGN(
        const auto server,
        http::Server::start(io.executor(), std::move(listening), router.handler()));
    log::info("listening", {{"url", server->url()}});
    workings.agents.start();
    tell_service_manager("READY=1");
    Result<void> ended = runtime::block_on(io.executor(), run_until_told(*server, workings));
    server->stop();
    log::info("stopped");
    return ended;
}

void tell_ready(control::ModelFolder& models, const ServeStores& stores) {
    log::info(
        "ready to serve",
        {{"models", static_cast<std::int64_t>(models.models().size())},
         {"recovered_tasks",
          static_cast<std::int64_t>(stores.tasks->recovered().requeued.size())}});
}

/// With what earlier tasks taught.
Result<control::SchedulerOptions> scheduling_of(
    const ServeOptions& options, const ServeStores& stores) {
    DARKROOM_TRY_ASSIGN(const std::vector<storage::DrawnTask> drawn, stores.drawn());
    control::SchedulerOptions scheduling = scheduler_settings(options);
    scheduling.costs = control::costs_of(drawn);
    return scheduling;
}

Result<void> take_up_queue(control::Dispatcher& dispatcher, const ServeStores& stores) {
    DARKROOM_TRY_ASSIGN(const std::vector<domain::Task> queued, stores.queue());
    dispatcher.adopt(queued);
    return {};
}

/// Where credentials are asked for, somebody has one.
Result<gateway::AccessOptions> access_rules(
    const ServeOptions& options, const ServeStores& stores, Clock& clock) {
    gateway::AccessOptions rules = access_settings(options);
    if (rules.requires_credentials) {
        DARKROOM_TRY(ensure_admin(*stores.accounts, *stores.audit, clock));
    }
    return rules;
}

/// Everything that a server is made of, in the order of dependence.
Result<void> run(const ServeOptions& options) {
    DARKROOM_TRY(configure_log(options.log_level, options.log_format));
    DARKROOM_TRY(check_settings(options));
    DARKROOM_TRY(prepare_data_folder(options.data));
    SystemClock clock;
    cluster::InProcessEventBus bus;
    DARKROOM_TRY_ASSIGN(const ServeStores stores, ServeStores::open(options, clock));
    control::AnnouncingTaskStore store(*stores.tasks, bus);
    storage::ObjectStore& objects = *stores.objects;

    control::ModelFolder models(
        options.models, options.data / "model-hashes.json", agent::checkpoint_facts);
    const Result<void> scanned = models.scan();
    if (!scanned) return scanned.error().with_context("--models");
    // On the models' own file system, so that a file that has arrived is only renamed.
    control::UploadFolder uploads(options.models / ".uploads", clock);
    uploads.clean();
    DARKROOM_TRY_ASSIGN(
        const auto registry,
        control::ModelRegistry::open(
            {models, uploads, *stores.models, store, clock},
            {options.import_folder, fetching_settings(options).value()}));

    telemetry::Metrics metrics;
    runtime::IoThreads io(kIoThreads);
    runtime::BlockingPool blocking;
    DARKROOM_TRY_ASSIGN(control::SchedulerOptions scheduling, scheduling_of(options, stores));
    control::Dispatcher dispatcher(store, clock, std::move(scheduling));
    DARKROOM_TRY(take_up_queue(dispatcher, stores));
    control::EngineMetrics engine_metrics(metrics);
    cluster::ChildProvider provider(io.executor(), agent_settings(options));
    DARKROOM_TRY_ASSIGN(std::vector<domain::Function> known, stores.known_functions());
    control::FunctionRegistry functions(*stores.functions, std::move(known));
    control::AgentService agents(
        io.executor(),
        {dispatcher, provider, models, objects, blocking, engine_metrics, clock, functions, bus},
        pool_settings(options));
    control::EventFeed events(io.executor(), store, bus);
    events.start();
    Upkeep upkeep(options, {io, stores, store, models, uploads, bus, metrics, clock});
    gateway::ImageFetcher image_fetcher(image_settings(options).value());
    gateway::OptionStore option_store(options.data / "options");
    DARKROOM_TRY_ASSIGN(
        gateway::UrlSigner urls, gateway::UrlSigner::open(options.data / "url-secret", clock));
    DARKROOM_TRY_ASSIGN(const gateway::AccessOptions rules, access_rules(options, stores, clock));
    gateway::AccessControl access({*stores.accounts, *stores.audit, blocking, clock}, rules);
    gateway::Parts parts{
        .dispatcher = dispatcher,
        .models = models,
        .registry = *registry,
        .uploads = uploads,
        .objects = objects,
        .options = option_store,
        .urls = urls,
        .access = access,
        .blocking = blocking,
        .metrics = metrics,
        .clock = clock,
        .catalog = agent::sampling_catalog(),
        .find_unsupported = unsupported_syntax,
        .has_agent = [&agents] { return agents.is_ready(); },
        .version = kVersion,
        .functions = functions,
        .agents = controls_of(agents),
        .events = events,
        .count_tokens = agent::prompt_token_counter(),
        .webhooks = upkeep.webhooks(),
        .image_fetcher = image_fetcher,
        .disk_space = [folder = options.data] { return disk_space(folder); },
        .minimum_free_bytes = options.minimum_free_bytes,
        .collect = database_counters(metrics, stores.database->writer())};
    http::Router router(gateway::render_problem);
    gateway::add_routes(router, parts);

    tell_ready(models, stores);
    upkeep.start();
    const std::chrono::seconds drain_time(options.drain_seconds);
    DARKROOM_TRY_ASSIGN(http::ServerOptions listening, listening_settings(options, metrics));
    return answer_requests(io, std::move(listening), router, {dispatcher, agents, drain_time});
}

}  // namespace

int serve(const ServeOptions& options) {
    std::signal(SIGPIPE, SIG_IGN);
    const Result<void> ended = run(options);
    if (ended) return kSuccess;
    print_error(ended.error());
    return kFailure;
}

}  // namespace darkroom::app
