// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "api/task_payload.h"
#include "api/test_surroundings.h"
#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "cluster/memory/in_process_event_bus.h"
#include "control/announcing_task_store.h"
#include "gateway/gateway.h"
#include "http/server_fixture.h"
#include "storage/memory/in_memory_function_store.h"
#include "storage/memory/in_memory_model_store.h"
#include "storage/memory/in_memory_object_store.h"
#include "storage/memory/in_memory_task_store.h"

namespace darkroom::gateway {

/// A gateway on stores in memory with the checkpoint "icons"; tests play the agent.
class GatewayTest : public http::ServerTest {
  protected:
    static constexpr const char* kAgent = "agent";

    GatewayTest() {
        std::filesystem::create_directories(folder_ / "models");
        EXPECT_TRUE(write_file(folder_ / "models" / "icons.safetensors", "weights"));
        EXPECT_TRUE(models_.scan());
        router_ = http::Router(render_problem);
        add_routes(router_, parts_);
        feed_.start();
        http::ServerOptions options;
        options.render = render_problem;
        start(options);
    }
    ~GatewayTest() override {
        server_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
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
    domain::LeaseToken lease() {
        const auto tasks =
            storage::wait(store_, &storage::TaskStore::claim, {.agent = kAgent}).value();
        return {tasks.at(0).id, tasks.at(0).attempt, kAgent};
    }
    /// Stores a picture and commits the result.
    storage::ObjectKey finish(
        const domain::LeaseToken& token, const std::string& tenant = "local") {
        const std::string picture = format("{}/{}/1/0.png", tenant, token.id.text());
        const storage::ObjectKey key = storage::ObjectKey::parse(picture).value();
        EXPECT_TRUE(objects_.put(key, {}));
        const api::TaskResult result{
            .images = {picture}, .infotexts = {"a fox"}, .all_seeds = {1}, .all_subseeds = {2}};
        const storage::FinishedAttempt attempt{token, api::encode_result(result), 500};
        EXPECT_TRUE(storage::wait(store_, &storage::TaskStore::complete, attempt));
        dispatcher_.task_ended(token.id);
        return key;
    }

    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-gateway-" + random_id());
    SystemClock clock_;
    cluster::InProcessEventBus bus_;
    storage::InMemoryTaskStore rows_{clock_};
    control::AnnouncingTaskStore store_{rows_, bus_};
    storage::InMemoryObjectStore objects_{clock_};
    control::Dispatcher dispatcher_{store_, clock_};
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
    Parts parts_{
        dispatcher_,
        models_,
        *registry_,
        uploads_,
        objects_,
        options_,
        urls_,
        blocking_,
        metrics_,
        clock_,
        api::test_catalog(),
        [](std::string_view, api::PromptRole) { return std::vector<std::string>{}; },
        [] { return true; },
        "1.0",
        functions_,
        {},
        feed_,
        [](const domain::Generation& generation) -> Result<api::PromptTokens> {
            if (generation.prompt == "endless") {
                return Error{ErrorCode::invalid_argument, "too many chunks", "prompt"};
            }
            return api::PromptTokens{{generation.prompt.size(), 1}, {0, 1}};
        },
        [this] { return disk_space(folder_); }};

  private:
    static control::EventFeedOptions feed_options() {
        control::EventFeedOptions options;
        options.poll_interval = std::chrono::milliseconds(20);
        options.watches_per_tenant = 3;
        return options;
    }
};

}  // namespace darkroom::gateway
