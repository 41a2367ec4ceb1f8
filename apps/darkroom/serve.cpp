// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

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
#include "control/model_watcher.h"
#include "data_folder.h"
#include "engine/text/prompt_syntax.h"
#include "engine_setup.h"
#include "first_key.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "runtime/service_notice.h"
#include "runtime/signals.h"
#include "storage/filesystem/filesystem_object_store.h"
#include "storage/sqlite/sqlite_account_store.h"
#include "storage/sqlite/sqlite_audit_log.h"
#include "storage/sqlite/sqlite_function_store.h"
#include "storage/sqlite/sqlite_model_store.h"
#include "storage/sqlite/sqlite_task_store.h"
#include "telemetry/log.h"
#include "version.h"

namespace darkroom::app {
namespace {

namespace fs = std::filesystem;

constexpr int kIoThreads = 2;
constexpr std::int32_t kAdoptedPage = 1000;

Result<void> configure_log(const ServeOptions& options) {
    auto level = log::level_from(options.log_level);
    if (!level) return level.error().with_context("--log-level");
    auto log_format = log::format_from(options.log_format);
    if (!log_format) return log_format.error().with_context("--log-format");
    log::configure({.level = *level, .format = *log_format});
    return {};
}

std::vector<std::string> unsupported_syntax(std::string_view prompt, api::PromptRole role) {
    const bool positive = role == api::PromptRole::positive;
    return engine::unsupported_syntax(
        prompt, positive ? engine::PromptRole::positive : engine::PromptRole::negative);
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<void> check(const ServeOptions& options) {
    std::error_code error;
    if (!options.import_folder.empty() && !fs::is_directory(options.import_folder, error)) {
        return Error{
            ErrorCode::not_found,
            format("--import-folder: no such folder: {}", options.import_folder.string())};
    }
    return {};
}

gateway::AccessOptions access_options(const ServeOptions& options) {
    gateway::AccessOptions access;
    access.requires_credentials = options.requires_keys || !is_loopback(options.host);
    access.trusted_proxies = options.trusted_proxies;
    access.is_strict = options.compatibility == "strict";
    return access;
}

control::SchedulerOptions scheduling_of(const ServeOptions& options) {
    control::SchedulerOptions scheduling;
    scheduling.limits.tasks = options.max_queued;
    scheduling.limits.tasks_per_tenant = options.max_queued_per_tenant;
    return scheduling;
}

/// What waits from an earlier run, oldest first.
Result<std::vector<domain::Task>> read_queue(storage::TaskStore& store) {
    std::vector<domain::Task> queue;
    storage::TaskFilter filter;
    filter.states = {domain::TaskState::queued};
    filter.limit = kAdoptedPage;
    while (true) {
        DARKROOM_TRY_ASSIGN(
            const std::vector<domain::Task> page,
            storage::wait(store, &storage::TaskStore::list, filter));
        queue.insert(queue.end(), page.begin(), page.end());
        if (page.size() < static_cast<std::size_t>(kAdoptedPage)) break;
        filter.before = page.back().id;
    }
    std::ranges::reverse(queue);
    return queue;
}

cluster::ChildOptions child_options(const ServeOptions& options) {
    cluster::ChildOptions child;
    child.program = program_path().string();
    child.arguments = {"agent", "--cache", (options.data / "cache").string()};
    if (options.threads > 0) {
        child.arguments.insert(
            child.arguments.end(), {"--threads", std::to_string(options.threads)});
    }
    return child;
}

void tell_service_manager(std::string_view state) {
    const char* socket = std::getenv("NOTIFY_SOCKET");
    if (socket == nullptr) return;
    const Result<void> told = runtime::notify_service(socket, state);
    if (!told) log::warning("service manager", {{"reason", told.error().message}});
}

/// Brings the counters of the database up to date.
std::function<void()> database_counters(
    telemetry::Metrics& metrics, const storage::Writer& writer) {
    const telemetry::Counter operations =
        metrics.counter("darkroom_database_operations_total", "Operations of the task database");
    const telemetry::Counter commits =
        metrics.counter("darkroom_database_commits_total", "Commits that these operations took");
    return [operations, commits, &writer] {
        const storage::Writer::Counters counters = writer.counters();
        operations.increment(static_cast<double>(counters.operations) - operations.value());
        commits.increment(static_cast<double>(counters.commits) - commits.value());
    };
}

scheduling::PoolPolicy pool_policy(const ServeOptions& options) {
    scheduling::PoolPolicy policy;
    policy.max_agents = options.max_agents;
    policy.spare_agents = options.spare_agents;
    policy.idle_s = options.idle_seconds;
    policy.memory_budget_bytes = options.memory_budget << 20;
    return policy;
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

/// Event streams stay open, so thousands of connections are normal; each is a descriptor, and as
/// many again stay free for files.
std::size_t connection_limit() {
    constexpr rlim_t kMost = 16'384;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return http::Limits{}.connections;
    rlimit wanted = limit;
    wanted.rlim_cur = std::max(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 2 * kMost));
    if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) limit = wanted;
    return std::min(limit.rlim_cur / 2, kMost);
}

/// What lies in the data folder.
struct Stores {
    std::shared_ptr<storage::SqliteDatabase> database;
    std::unique_ptr<storage::SqliteTaskStore> tasks;
    std::unique_ptr<storage::FilesystemObjectStore> objects;
};

Result<Stores> open_stores(const ServeOptions& options, Clock& clock) {
    Stores stores;
    DARKROOM_TRY_ASSIGN(
        stores.database, storage::SqliteDatabase::open(options.data / "tasks.db", clock));
    DARKROOM_TRY_ASSIGN(stores.tasks, storage::SqliteTaskStore::open(stores.database));
    DARKROOM_TRY_ASSIGN(
        stores.objects, storage::FilesystemObjectStore::open(options.data / "objects"));
    std::error_code ignored;
    fs::create_directories(options.data / "cache", ignored);
    return stores;
}

http::ServerOptions listening_of(const ServeOptions& options, telemetry::Metrics& metrics) {
    http::ServerOptions listening;
    listening.address = options.host;
    listening.port = options.port;
    listening.hosts.allowed = options.allowed_hosts;
    listening.limits.connections = connection_limit();
    listening.render = gateway::render_problem;
    listening.observe = gateway::observer(metrics);
    return listening;
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

/// Everything that a server is made of, in the order of dependence.
Result<void> run(const ServeOptions& options) {
    DARKROOM_TRY(configure_log(options));
    DARKROOM_TRY(check(options));
    DARKROOM_TRY(prepare_data_folder(options.data));
    SystemClock clock;
    cluster::InProcessEventBus bus;
    DARKROOM_TRY_ASSIGN(const Stores stores, open_stores(options, clock));
    control::AnnouncingTaskStore store(*stores.tasks, bus);
    storage::ObjectStore& objects = *stores.objects;

    control::ModelFolder models(
        options.models, options.data / "model-hashes.json", agent::checkpoint_facts);
    const Result<void> scanned = models.scan();
    if (!scanned) return scanned.error().with_context("--models");
    // On the models' own file system, so that a file that has arrived is only renamed.
    control::UploadFolder uploads(options.models / ".uploads", clock);
    uploads.clean();
    storage::SqliteModelStore model_store(stores.database);
    DARKROOM_TRY_ASSIGN(
        const auto registry,
        control::ModelRegistry::open(
            {models, uploads, model_store, store, clock}, {options.import_folder}));

    telemetry::Metrics metrics;
    runtime::IoThreads io(kIoThreads);
    runtime::BlockingPool blocking;
    control::Dispatcher dispatcher(store, clock, scheduling_of(options));
    DARKROOM_TRY_ASSIGN(const std::vector<domain::Task> queued, read_queue(store));
    dispatcher.adopt(queued);
    control::EngineMetrics engine_metrics(metrics);
    cluster::ChildProvider provider(io.executor(), child_options(options));
    storage::SqliteFunctionStore function_store(stores.database);
    DARKROOM_TRY_ASSIGN(
        std::vector<domain::Function> known,
        storage::wait(function_store, &storage::FunctionStore::list));
    control::FunctionRegistry functions(function_store, std::move(known));
    control::AgentService agents(
        io.executor(),
        {dispatcher, provider, models, objects, blocking, engine_metrics, clock, functions, bus},
        pool_policy(options));
    control::EventFeed events(io.executor(), store, bus);
    events.start();
    gateway::OptionStore option_store(options.data / "options");
    DARKROOM_TRY_ASSIGN(
        gateway::UrlSigner urls, gateway::UrlSigner::open(options.data / "url-secret", clock));
    storage::SqliteAccountStore accounts(stores.database);
    storage::SqliteAuditLog audit(stores.database);
    const gateway::AccessOptions access_rules = access_options(options);
    if (access_rules.requires_credentials) DARKROOM_TRY(ensure_admin(accounts, audit, clock));
    gateway::AccessControl access({accounts, audit, blocking, clock}, access_rules);
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
        .disk_space = [folder = options.data] { return disk_space(folder); },
        .minimum_free_bytes = options.minimum_free_bytes,
        .collect = database_counters(metrics, stores.database->writer())};
    http::Router router(gateway::render_problem);
    gateway::add_routes(router, parts);

    log::info(
        "ready to serve",
        {{"models", static_cast<std::int64_t>(models.models().size())},
         {"recovered_tasks",
          static_cast<std::int64_t>(stores.tasks->recovered().requeued.size())}});
    control::ModelWatcherOptions watching;
    watching.each_look = [&uploads] { uploads.expire(); };
    const control::ModelWatcher watcher(models, std::move(watching));
    const std::chrono::seconds drain_time(options.drain_seconds);
    return answer_requests(
        io, listening_of(options, metrics), router, {dispatcher, agents, drain_time});
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
