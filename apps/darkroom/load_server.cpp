// SPDX-License-Identifier: Apache-2.0
#include "load_server.h"

#include <limits>

#include "agent/sampling_catalog.h"
#include "api/task_payload.h"
#include "base/disk_space.h"
#include "base/file.h"
#include "base/random.h"
#include "cluster/memory/in_process_event_bus.h"
#include "control/announcing_task_store.h"
#include "control/store_call.h"
#include "gateway/gateway.h"
#include "runtime/io_threads.h"
#include "runtime/task_group.h"
#include "serve_settings.h"
#include "serve_stores.h"
#include "version.h"

namespace darkroom::app {
namespace {

namespace fs = std::filesystem;
using boost::asio::awaitable;
using storage::TaskStore;

constexpr const char* kAgent = "bench";
constexpr std::int32_t kTasksAtOnce = 4;
/// Side by side, so that their commits are grouped as those of many agents.
constexpr int kEngines = 16;
constexpr int kIoThreads = 2;

runtime::Task<void> end(control::Dispatcher& dispatcher, const domain::Task& task) {
    storage::FinishedAttempt attempt{{task.id, task.attempt, kAgent}, api::encode_result({}), 0};
    DARKROOM_CO_TRY(
        co_await control::store_call(dispatcher.store(), &TaskStore::complete, std::move(attempt)));
    dispatcher.task_ended(task.id);
    co_return Result<void>();
}

/// An engine that takes no time.
runtime::Task<void> end_tasks(control::Dispatcher& dispatcher) {
    while (true) {
        const std::uint64_t seen = dispatcher.queue_changed().count();
        storage::ClaimRequest request;
        request.agent = kAgent;
        request.max_count = kTasksAtOnce;
        DARKROOM_CO_TRY_ASSIGN(
            const std::vector<domain::Task> tasks,
            co_await control::store_call(
                dispatcher.store(), &TaskStore::claim, std::move(request)));
        if (tasks.empty()) {
            DARKROOM_CO_TRY(
                co_await dispatcher.queue_changed().wait(seen, runtime::Deadline::never()));
        }
        for (const domain::Task& task : tasks) {
            dispatcher.task_taken(task.id);
            DARKROOM_CO_TRY(co_await end(dispatcher, task));
        }
    }
}

awaitable<void> run_engine(control::Dispatcher& dispatcher) {
    const Result<void> ended = co_await end_tasks(dispatcher);
    const bool is_over = !ended && ended.error().code == ErrorCode::cancelled;
    DARKROOM_CHECK(is_over, "the engine of the measurement has stopped");
}

ServeOptions options_in(const fs::path& folder) {
    ServeOptions options;
    options.port = 0;
    options.data = folder / "data";
    options.models = folder / "models";
    options.max_queued = 0;
    options.max_queued_per_tenant = 0;
    return options;
}

control::EventFeedOptions feed_options() {
    control::EventFeedOptions options;
    options.watches_per_tenant = std::numeric_limits<std::size_t>::max();
    return options;
}

}  // namespace

struct LoadServer::State {
    explicit State(ServeOptions settings) : options(std::move(settings)) {}

    ServeOptions options;
    SystemClock clock;
    cluster::InProcessEventBus bus;
    ServeStores stores = ServeStores::open(options, clock).value();
    control::AnnouncingTaskStore tasks{*stores.tasks, bus};
    control::ModelFolder models{options.models, options.data / "model-hashes.json"};
    control::UploadFolder uploads{options.models / ".uploads", clock};
    std::unique_ptr<control::ModelRegistry> registry =
        control::ModelRegistry::open({models, uploads, *stores.models, tasks, clock}).value();
    control::FunctionRegistry functions{*stores.functions, {}};
    telemetry::Metrics metrics;
    runtime::IoThreads io{kIoThreads};
    runtime::BlockingPool blocking;
    control::Dispatcher dispatcher{tasks, clock, scheduler_settings(options)};
    http::OutgoingClient outgoing{http::AddressPolicy()};
    gateway::ImageFetcher image_fetcher{gateway::ImageFetching()};
    control::EventFeed events{io.executor(), tasks, bus, feed_options()};
    gateway::OptionStore option_store{options.data / "options"};
    gateway::UrlSigner urls{random_id(), clock};
    gateway::AccessControl access{{*stores.accounts, *stores.audit, blocking, clock}, {}};
    gateway::Parts parts{
        .dispatcher = dispatcher,
        .models = models,
        .registry = *registry,
        .uploads = uploads,
        .objects = *stores.objects,
        .options = option_store,
        .urls = urls,
        .access = access,
        .blocking = blocking,
        .metrics = metrics,
        .clock = clock,
        .catalog = agent::sampling_catalog(),
        .find_unsupported = [](std::string_view,
                               api::PromptRole) { return std::vector<std::string>{}; },
        .has_agent = [] { return true; },
        .version = kVersion,
        .functions = functions,
        .agents = {},
        .events = events,
        .count_tokens = [](const domain::Generation&) -> Result<api::PromptTokens> {
            return api::PromptTokens{};
        },
        .webhooks = {*stores.webhooks, outgoing, [] {}},
        .image_fetcher = image_fetcher,
        .disk_space = [this] { return disk_space(options.data); }};
    http::Router router{gateway::render_problem};
    runtime::TaskGroup engine{io.executor()};
    std::unique_ptr<http::Server> server;
};

LoadServer::LoadServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

LoadServer::~LoadServer() = default;

Result<std::unique_ptr<LoadServer>> LoadServer::start(const fs::path& folder) {
    ServeOptions options = options_in(folder);
    std::error_code error;
    fs::create_directories(options.data, error);
    fs::create_directories(options.models, error);
    DARKROOM_TRY(write_file(options.models / kLoadCheckpoint, std::string_view()));
    auto state = std::make_unique<State>(std::move(options));
    DARKROOM_TRY(state->models.scan());
    state->events.start();
    gateway::add_routes(state->router, state->parts);
    for (int i = 0; i < kEngines; ++i)
        state->engine.spawn(run_engine(state->dispatcher));
    DARKROOM_TRY_ASSIGN(
        state->server,
        http::Server::start(
            state->io.executor(),
            listening_settings(state->options, state->metrics).value(),
            state->router.handler()));
    return std::unique_ptr<LoadServer>(new LoadServer(std::move(state)));
}

std::uint16_t LoadServer::port() const {
    return state_->server->port();
}

}  // namespace darkroom::app
