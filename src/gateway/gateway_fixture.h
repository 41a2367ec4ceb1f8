// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/task_payload.h"
#include "api/test_surroundings.h"
#include "base/file.h"
#include "base/format.h"
#include "base/password.h"
#include "base/random.h"
#include "cluster/memory/in_process_event_bus.h"
#include "control/announcing_task_store.h"
#include "gateway/gateway.h"
#include "http/server_fixture.h"
#include "json/json.h"
#include "storage/memory/in_memory_account_store.h"
#include "storage/memory/in_memory_function_store.h"
#include "storage/memory/in_memory_model_store.h"
#include "storage/memory/in_memory_object_store.h"
#include "storage/memory/in_memory_task_store.h"
#include "storage/memory/in_memory_webhook_store.h"

namespace darkroom::gateway {

/// The whole gateway over stores in memory, with the checkpoint "icons" and a clock that moves when
/// told to; tests play the agent. Everybody is the tenant "local" unless the options ask for
/// credentials.
class GatewayTest : public http::ServerTest {
  protected:
    static constexpr const char* kAgent = "agent";

    explicit GatewayTest(AccessOptions access = {}, control::SchedulerOptions scheduling = {})
        : dispatcher_(store_, clock_, std::move(scheduling)) {
        std::filesystem::create_directories(folder_ / "models");
        const Result<void> written =
            write_file(folder_ / "models" / "icons.safetensors", std::string_view("weights"));
        DARKROOM_CHECK(written.has_value(), "no checkpoint");
        DARKROOM_CHECK(models_.scan().has_value(), "no models");
        feed_.start();
        serve(std::move(access));
    }
    ~GatewayTest() override {
        server_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    /// Starts anew with other options; what is stored stays.
    void serve(AccessOptions access) {
        server_.reset();
        parts_.reset();
        access_ = std::make_unique<AccessControl>(
            Authenticator::Surroundings{accounts_, audit_, blocking_, clock_}, std::move(access));
        parts_ = std::make_unique<Parts>(Parts{
            .dispatcher = dispatcher_,
            .models = models_,
            .registry = *registry_,
            .uploads = uploads_,
            .objects = objects_,
            .options = options_,
            .urls = urls_,
            .access = *access_,
            .blocking = blocking_,
            .metrics = metrics_,
            .clock = clock_,
            .catalog = api::test_catalog(),
            .find_unsupported = [](std::string_view,
                                   api::PromptRole) { return std::vector<std::string>{}; },
            .has_agent = [] { return true; },
            .version = "1.0",
            .functions = functions_,
            .agents =
                {[](const std::string&) { return std::vector<domain::Instance>{}; },
                 [](const std::string&) {},
                 [] {},
                 [] {}},
            .events = feed_,
            .count_tokens = count_tokens,
            .webhooks = {webhooks_, outgoing_, [] {}},
            .image_fetcher = *image_fetcher_,
            .disk_space =
                [] {
                    return Result<DiskSpace>(DiskSpace{.free_bytes = 2'000, .total_bytes = 2'000});
                },
            .minimum_free_bytes = 1'000});
        router_ = http::Router(render_problem);
        add_routes(router_, *parts_);
        http::ServerOptions options;
        options.render = render_problem;
        start(options);
    }

    http::ClientResponse ask(
        const std::string& method, const std::string& target, const std::string& body = "") {
        http::ClientRequest request;
        request.method = method;
        request.url = server_->url() + target;
        request.body = body;
        return tell(std::move(request));
    }
    http::ClientResponse tell(http::ClientRequest request) {
        return http::fetch_blocking(std::move(request), std::chrono::seconds(10)).value();
    }
    static json::Value json_of(const http::ClientResponse& response) {
        return json::parse(response.body).value();
    }

    domain::TaskId submit(const std::string& name = "", const std::string& tenant = "local") {
        domain::NewTask request;
        request.tenant = tenant;
        request.kind = "txt2img";
        request.model = "icons";
        request.request = "{}";
        request.idempotency_key = name;
        request.pictures = 1;
        request.step_pixels = 100;
        return storage::wait(store_, &storage::TaskStore::submit, request)->task.id;
    }
    domain::Task claim() {
        const auto tasks =
            storage::wait(store_, &storage::TaskStore::claim, {.agent = kAgent}).value();
        DARKROOM_CHECK(!tasks.empty(), "no task waits");
        return tasks.front();
    }
    domain::LeaseToken lease() {
        const domain::Task task = claim();
        return {task.id, task.attempt, kAgent};
    }
    /// Stores a picture and commits the result.
    storage::ObjectKey finish(
        const domain::LeaseToken& token, const std::string& tenant = "local") {
        const std::string picture = format("{}/{}/1/0.png", tenant, token.id.text());
        const storage::ObjectKey key = storage::ObjectKey::parse(picture).value();
        DARKROOM_CHECK(objects_.put(key, {}).has_value(), "no picture");
        const api::TaskResult result{
            .images = {picture}, .infotexts = {"a fox"}, .all_seeds = {1}, .all_subseeds = {2}};
        const storage::FinishedAttempt attempt{token, api::encode_result(result), 500};
        const auto completed = storage::wait(store_, &storage::TaskStore::complete, attempt);
        DARKROOM_CHECK(completed.has_value(), "not completed");
        dispatcher_.task_ended(token.id);
        return key;
    }

    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-gateway-" + random_id());
    FakeClock clock_;
    cluster::InProcessEventBus bus_;
    storage::InMemoryTaskStore rows_{clock_};
    control::AnnouncingTaskStore store_{rows_, bus_};
    storage::InMemoryObjectStore objects_{clock_};
    storage::InMemoryAccountStore accounts_{clock_};
    storage::InMemoryAuditLog audit_;
    control::Dispatcher dispatcher_;
    control::ModelFolder models_{folder_ / "models", folder_ / "hashes.json"};
    control::UploadFolder uploads_{folder_ / "models" / ".uploads", clock_};
    storage::InMemoryModelStore model_store_;
    std::unique_ptr<control::ModelRegistry> registry_ =
        control::ModelRegistry::open({models_, uploads_, model_store_, store_, clock_}).value();
    OptionStore options_{folder_ / "options"};
    UrlSigner urls_{"secret", clock_};
    runtime::BlockingPool blocking_;
    telemetry::Metrics metrics_;
    storage::InMemoryFunctionStore function_store_{clock_};
    control::FunctionRegistry functions_{function_store_, {}};
    control::EventFeed feed_{io_.executor(), store_, bus_, feed_options()};
    storage::InMemoryWebhookStore webhooks_{clock_};
    http::OutgoingClient outgoing_{http::AddressPolicy()};
    /// Fetches nothing; tests may set another one and serve anew.
    std::unique_ptr<ImageFetcher> image_fetcher_ = std::make_unique<ImageFetcher>(ImageFetching());
    std::unique_ptr<AccessControl> access_;
    std::unique_ptr<Parts> parts_;

  private:
    static Result<api::PromptTokens> count_tokens(const domain::Generation& generation) {
        if (generation.prompt == "endless") {
            return Error{ErrorCode::invalid_argument, "too many chunks", "prompt"};
        }
        return api::PromptTokens{{generation.prompt.size(), 1}, {0, 1}};
    }
    static control::EventFeedOptions feed_options() {
        control::EventFeedOptions options;
        options.poll_interval = std::chrono::milliseconds(20);
        options.watches_per_tenant = 3;
        return options;
    }
};

}  // namespace darkroom::gateway
