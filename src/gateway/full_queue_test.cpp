// SPDX-License-Identifier: Apache-2.0
// What both APIs answer about a queue that nobody works on: refusals, places, waits.
#include <filesystem>

#include <gtest/gtest.h>

#include "api/test_surroundings.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "cluster/memory/in_process_event_bus.h"
#include "gateway/gateway.h"
#include "http/server_fixture.h"
#include "image/png.h"
#include "json/json.h"
#include "storage/memory/in_memory_function_store.h"
#include "storage/memory/in_memory_model_store.h"
#include "storage/memory/in_memory_object_store.h"
#include "storage/memory/in_memory_task_store.h"

namespace darkroom::gateway {
namespace {

namespace fs = std::filesystem;

class FullQueue : public http::ServerTest {
  protected:
    FullQueue() {
        fs::create_directories(folder_ / "models");
        EXPECT_TRUE(write_file(folder_ / "models" / "icons.safetensors", "weights"));
        EXPECT_TRUE(models_.scan());
        router_ = http::Router(render_problem);
        add_routes(router_, parts_);
        http::ServerOptions options;
        options.render = render_problem;
        start(options);
    }
    ~FullQueue() override {
        server_.reset();
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    [[nodiscard]] http::ClientResponse submit(const std::string& name) const {
        http::Headers headers;
        headers.set("Request-Type", "async");
        headers.set("taskId", name);
        return send(
            "POST", "/txt2img", std::move(headers), R"({"stable_diffusion_model": "icons"})");
    }

    static json::Value body_of(const http::ClientResponse& answer) {
        return json::parse(answer.body).value();
    }

    fs::path folder_ = fs::temp_directory_path() / ("darkroom-queue-" + random_id());
    SystemClock clock_;
    storage::InMemoryTaskStore store_{clock_};
    storage::InMemoryObjectStore objects_{clock_};
    control::Dispatcher dispatcher_{store_, clock_, {.limits = {.tasks_per_tenant = 2}}};
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
    cluster::InProcessEventBus bus_;
    control::EventFeed feed_{io_.executor(), store_, bus_};
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
        [](const domain::Generation&) -> Result<api::PromptTokens> { return api::PromptTokens{}; },
        [this] { return disk_space(folder_); }};
};

TEST_F(FullQueue, RefusesWithTheTimeToComeBack) {
    ASSERT_EQ(submit("one").status, 200);
    ASSERT_EQ(submit("two").status, 200);
    const http::ClientResponse refused = submit("three");
    EXPECT_EQ(refused.status, 429);
    EXPECT_GE(std::stoi(std::string(refused.headers.get("Retry-After"))), 1);
    EXPECT_EQ(
        body_of(refused)["message"].as_string(), "too many of your tasks wait; the limit is: 2");
    EXPECT_EQ(get("/tasks/three/result").status, 404);

    const http::ClientResponse of_a1111 = post("/sdapi/v1/txt2img", "{}");
    EXPECT_EQ(of_a1111.status, 429);
    EXPECT_GE(std::stoi(std::string(of_a1111.headers.get("Retry-After"))), 1);
    EXPECT_EQ(body_of(of_a1111)["error"].as_string(), "HTTPException");
}

TEST_F(FullQueue, RefusesExtrasWithTheTimeToComeBackAndKeepsNoPictureOfThem) {
    ASSERT_EQ(submit("one").status, 200);
    ASSERT_EQ(submit("two").status, 200);
    const image::Image picture{.width = 1, .height = 1, .channels = 3, .pixels = {1, 2, 3}};
    const std::string body =
        format(R"({{"image": "{}"}})", base64_encode(image::encode_png(picture, {}).value()));
    for (const char* path : {"/sdapi/v1/extra-single-image", "/extra_images"}) {
        const http::ClientResponse refused = post(path, body);
        EXPECT_EQ(refused.status, 429) << refused.body;
        EXPECT_GE(std::stoi(std::string(refused.headers.get("Retry-After"))), 1);
    }
    EXPECT_TRUE(objects_.list(std::nullopt).value().empty());
}

TEST_F(FullQueue, FindsWhatIsInIt) {
    ASSERT_EQ(submit("one").status, 200);
    ASSERT_EQ(submit("two").status, 200);
    EXPECT_EQ(submit("one").status, 200);
}

TEST_F(FullQueue, HasRoomAgainWhenATaskIsCancelled) {
    ASSERT_EQ(submit("one").status, 200);
    ASSERT_EQ(submit("two").status, 200);
    EXPECT_EQ(post("/tasks/one/cancellation", "").status, 200);
    EXPECT_EQ(submit("three").status, 200);
}

TEST_F(FullQueue, EveryAnswerAboutATaskThatWaitsSaysWhereAndHowLong) {
    const json::Value first = body_of(submit("one"));
    const json::Value second = body_of(submit("two"));
    EXPECT_EQ(first["queuePosition"].as_integer(), 0);
    EXPECT_EQ(second["queuePosition"].as_integer(), 1);
    EXPECT_GT(first["etaSeconds"].as_double(), 0.0);
    EXPECT_GT(second["etaSeconds"].as_double(), first["etaSeconds"].as_double());
    for (const char* view : {"/tasks/two/progress", "/tasks/two/result"}) {
        const json::Value shown = body_of(get(view));
        EXPECT_EQ(shown["queuePosition"].as_integer(), 1) << view;
        EXPECT_EQ(shown["etaSeconds"].as_double(), second["etaSeconds"].as_double()) << view;
    }
    const json::Value progress = body_of(get("/sdapi/v1/progress?id_task=two"));
    EXPECT_NEAR(progress["eta_relative"].as_double(), second["etaSeconds"].as_double(), 0.11);
}

}  // namespace
}  // namespace darkroom::gateway
