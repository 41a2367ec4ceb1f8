// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api/task_payload.h"
#include "api/test_surroundings.h"
#include "base/file.h"
#include "base/format.h"
#include "base/password.h"
#include "base/random.h"
#include "base/sha256.h"
#include "cluster/memory/in_process_event_bus.h"
#include "gateway/api_answer.h"
#include "gateway/api_document.h"
#include "gateway/gateway.h"
#include "http/server_fixture.h"
#include "image/png.h"
#include "storage/memory/in_memory_account_store.h"
#include "storage/memory/in_memory_function_store.h"
#include "storage/memory/in_memory_model_store.h"
#include "storage/memory/in_memory_object_store.h"
#include "storage/memory/in_memory_task_store.h"
#include "storage/memory/in_memory_webhook_store.h"

/// A gateway whose every answer is held against docs/api/openapi.yaml: its status, its media type
/// and the shape of its error.
namespace darkroom::gateway {

namespace fs = std::filesystem;

using storage::TaskStore;

inline constexpr const char* kTxt2img = "POST /sdapi/v1/txt2img";
inline constexpr const char* kExtraSingle = "POST /sdapi/v1/extra-single-image";
inline constexpr const char* kExtraBatch = "POST /sdapi/v1/extra-batch-images";
inline constexpr const char* kExtraImages = "POST /extra_images";
inline constexpr const char* kPngInfo = "POST /sdapi/v1/png-info";
inline constexpr const char* kImg2img = "POST /sdapi/v1/img2img";
inline constexpr const char* kServerlessImg2img = "POST /img2img";
inline constexpr const char* kSetOptions = "POST /sdapi/v1/options";
inline constexpr const char* kModels = "GET /sdapi/v1/sd-models";
inline constexpr const char* kServerless = "POST /txt2img";
inline constexpr const char* kResult = "GET /tasks/{taskId}/result";
inline constexpr const char* kProgress = "GET /tasks/{taskId}/progress";
inline constexpr const char* kCancel = "POST /tasks/{taskId}/cancellation";
inline constexpr const char* kRemoval = "DELETE /tasks/{taskId}";
inline constexpr const char* kEvents = "GET /tasks/{taskId}/events";
inline constexpr const char* kAllEvents = "GET /events";
inline constexpr const char* kUsage = "GET /usage";
inline constexpr const char* kTasks = "GET /tasks";
inline constexpr const char* kPicture = "GET /images/{key}";
inline constexpr const char* kUpdateFunctions = "POST /batch_update_sd_resource";
inline constexpr const char* kDeleteFunctions = "POST /del/sd/functions";
inline constexpr const char* kListModels = "GET /models";
inline constexpr const char* kModel = "GET /models/{name}";
inline constexpr const char* kRegister = "POST /models";
inline constexpr const char* kUpdate = "PUT /models/{name}";
inline constexpr const char* kDelete = "DELETE /models/{name}";
inline constexpr const char* kThumbnail = "GET /thumbnails/{name}";
inline constexpr const char* kBeginUpload = "POST /uploads";
inline constexpr const char* kUpload = "GET /uploads/{id}";
inline constexpr const char* kPiece = "PUT /uploads/{id}";
inline constexpr const char* kAbandon = "DELETE /uploads/{id}";
inline constexpr const char* kPutWebhook = "POST /webhooks";
inline constexpr const char* kDeleteWebhook = "DELETE /webhooks/{id}";
inline constexpr const char* kTestWebhook = "POST /webhooks/{id}/test";
inline constexpr const char* kRotateWebhook = "POST /webhooks/{id}/rotation";
inline constexpr const char* kSetSnapshot = "POST /options";
inline constexpr const char* kLogIn = "POST /login";
inline constexpr const char* kLogOut = "POST /logout";
inline constexpr const char* kAddUser = "POST /admin/users";
inline constexpr const char* kAddKey = "POST /admin/keys";
inline constexpr const char* kSetTenant = "PUT /admin/tenants/{name}";
inline constexpr const char* kAgent = "agent";

/// What the engine says of checkpoints that it cannot read or that do not fit.
inline constexpr std::array kFailures = {
    ErrorCode::corrupt_input,
    ErrorCode::unimplemented,
    ErrorCode::not_found,
    ErrorCode::permission_denied,
    ErrorCode::resource_exhausted,
    ErrorCode::insufficient_storage,
    ErrorCode::unavailable,
    ErrorCode::deadline_exceeded,
    ErrorCode::internal};

/// A documented answer that no test can provoke.
struct Unprovoked {
    /// Empty for every route.
    std::string_view route;
    int status;
    std::string_view reason;
};
inline constexpr std::array kUnprovoked = {
    Unprovoked{"", 500, "an exception that no input causes, such as a lack of memory"},
    Unprovoked{kSetOptions, 507, "a full disk"},
    Unprovoked{kSetSnapshot, 507, "a full disk"},
    Unprovoked{kRegister, 507, "a full disk"},
    Unprovoked{kUpdate, 507, "a full disk"},
    Unprovoked{kPiece, 507, "a full disk"},
    Unprovoked{kBeginUpload, 507, "a full disk"},
    Unprovoked{kPngInfo, 507, "a full disk"},
    Unprovoked{kModels, 507, "a full disk"},
    Unprovoked{"GET /sdapi/v1/progress", 507, "a full disk"},
    Unprovoked{"POST /sdapi/v1/interrupt", 507, "a full disk"},
    Unprovoked{"GET /sdapi/v1/options", 507, "a full disk"},
    Unprovoked{"GET /sdapi/v1/samplers", 507, "a full disk"},
    Unprovoked{"GET /sdapi/v1/schedulers", 507, "a full disk"},
};

inline Result<domain::ModelFacts> inspect(const fs::path& path) {
    const std::string text = read_file(path, std::size_t{1} << 20).value();
    if (!text.starts_with("weights")) return Error{ErrorCode::corrupt_input, "no weights"};
    return domain::ModelFacts{.family = "sd1"};
}

inline bool is_excused(const std::string& route, int status) {
    return std::ranges::any_of(kUnprovoked, [&](const Unprovoked& row) {
        return row.status == status && (row.route.empty() || row.route == route);
    });
}

class OpenApiTest : public http::ServerTest {
  protected:
    OpenApiTest() {
        fs::create_directories(folder_ / "models");
        router_ = http::Router(render_problem);
        add_routes(router_, parts_);
        http::ServerOptions options;
        options.render = render_problem;
        start(options);
        guarded_router_ = http::Router(render_problem);
        add_routes(guarded_router_, guarded_parts_);
        guarded_ = http::Server::start(io_.executor(), options, guarded_router_.handler()).value();
        options.limits.body_time = std::chrono::milliseconds(20);
        hasty_ = http::Server::start(io_.executor(), options, router_.handler()).value();
        options.limits = {};
        options.limits.buffered_body_bytes = 1;
        crowded_ = http::Server::start(io_.executor(), options, router_.handler()).value();
    }
    ~OpenApiTest() override {
        server_.reset();
        guarded_.reset();
        hasty_.reset();
        crowded_.reset();
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    /// Sends what follows the request line, and holds the answer against the document.
    void tell(http::Server& server, const std::string& route, const std::string& bytes) {
        http::RawSocket socket(server.port());
        socket.send(request_line(route) + "Host: localhost\r\n" + bytes);
        check(route, read_answer(socket));
    }
    void tell(const std::string& route, const std::string& bytes) { tell(*server_, route, bytes); }

    /// Asks for one task or picture, and what follows its name.
    Answer tell_of(const std::string& route, const std::string& name) {
        http::RawSocket socket(port());
        socket.send(request_line(route, name) + "Host: localhost\r\nContent-Length: 0\r\n\r\n");
        Answer answer = read_answer(socket);
        check(route, answer);
        return answer;
    }
    void tell_body(const std::string& route, const std::string& body) {
        tell(route, format("Content-Length: {}\r\n\r\n{}", body.size(), body));
    }
    /// A route with a query.
    void tell_body(const std::string& target, const std::string& body, const std::string& route) {
        http::RawSocket socket(port());
        socket.send(
            target + " HTTP/1.1\r\nHost: localhost\r\n" +
            format("Content-Length: {}\r\n\r\n{}", body.size(), body));
        check(route, read_answer(socket));
    }

    void check(const std::string& route, const Answer& answer) {
        const DocumentedResponses& listed = document_[route];
        const auto response = listed.find(answer.status);
        ASSERT_NE(response, listed.end()) << route << ' ' << answer.status << ' ' << answer.body;
        seen_[route].insert(answer.status);
        const std::string& text = response->second;
        EXPECT_NE(text.find(answer.media_type), std::string::npos)
            << route << ' ' << answer.status << ' ' << answer.media_type;
        if (answer.status < 400) return;
        const std::string schema = schema_of(json::parse(answer.body).value());
        EXPECT_NE(text.find("schemas/" + schema + '"'), std::string::npos)
            << route << ' ' << answer.status << ' ' << answer.body;
    }

    /// What the server refuses before it looks for the route.
    void provoke_refusals(const std::string& route) {
        const std::string path = filled(route.substr(route.find(' ')), "x");
        http::RawSocket other_method(port());
        other_method.send(request_line("PATCH" + path) + "Host: localhost\r\n\r\n");
        check(route, read_answer(other_method));
        http::RawSocket other_host(port());
        other_host.send(request_line(route) + "Host: other.example\r\n\r\n");
        check(route, read_answer(other_host));
        tell(route, "Origin: http://other.example\r\n\r\n");
        tell(route, "Transfer-Encoding: chunked\r\n\r\nno length\r\n");
        tell(route, "Transfer-Encoding: gzip\r\n\r\n");
        tell(route, "Content-Length: 67108865\r\n\r\n");
        tell(route, "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\n.");
        tell(route, "Expect: an answer\r\n\r\n");
        tell(route, "X-Long: " + std::string(std::size_t{64} << 10, 'x') + "\r\n\r\n");
        tell(*hasty_, route, "Content-Length: 1\r\n\r\n");
        tell(*crowded_, route, "Content-Length: 2\r\n\r\n{}");
        tell(*guarded_, route, "\r\n");
        tell(*guarded_, route, "X-API-Key: " + hurried_key_ + "\r\n\r\n");
    }

    /// Waits for a task and takes it, as an agent does.
    domain::Task claim() {
        while (true) {
            const std::uint64_t seen = dispatcher_.queue_changed().count();
            auto tasks = storage::wait(store_, &TaskStore::claim, {.agent = kAgent}).value();
            if (!tasks.empty()) return tasks.front();
            runtime::Task<void> news = dispatcher_.queue_changed().wait(
                seen, runtime::Deadline::after(std::chrono::seconds(10)));
            const Result<void> came = runtime::block_on(io_.executor(), std::move(news));
            DARKROOM_CHECK(came.has_value(), "no task was submitted");
        }
    }

    void draw(const char* route, const std::string& body) {
        auto told = std::async(std::launch::async, [&] { tell_body(route, body); });
        finish(claim());
    }

    void finish(const domain::Task& task) {
        const std::string picture = "local/" + task.id.text() + "/1/0.png";
        const storage::ObjectKey key = storage::ObjectKey::parse(picture).value();
        ASSERT_TRUE(objects_.put(key, {}));
        const api::TaskResult result{
            .images = {picture}, .infotexts = {"a fox"}, .all_seeds = {1}, .all_subseeds = {2}};
        const domain::LeaseToken token{task.id, task.attempt, kAgent};
        ASSERT_TRUE(
            storage::wait(store_, &TaskStore::complete, {token, api::encode_result(result)}));
        dispatcher_.task_ended(task.id);
    }

    void fail_to_draw(const char* route, const std::string& body, ErrorCode code) {
        auto told = std::async(std::launch::async, [&] { tell_body(route, body); });
        const domain::Task task = claim();
        const domain::LeaseToken token{task.id, task.attempt, kAgent};
        const domain::TaskFailure failure{Error{code, "the checkpoint"}, false};
        ASSERT_TRUE(storage::wait(store_, &TaskStore::fail, {token, failure}));
        dispatcher_.task_ended(task.id);
    }

    /// The key of a tenant whose rate is used up.
    std::string hurried_key() {
        const domain::IssuedKey issued =
            domain::issue_key({.tenant = "hurried", .scopes = {domain::Scope::admin}}, 0).value();
        using storage::AccountStore;
        DARKROOM_CHECK(
            storage::wait(accounts_, &AccountStore::add_key, issued.key).has_value(), "no key");
        const domain::Quotas quotas{.requests_per_second = 0.001};
        const domain::Tenant tenant{"hurried", quotas};
        DARKROOM_CHECK(
            storage::wait(accounts_, &AccountStore::set_tenant, tenant).has_value(), "no tenant");
        return issued.text;
    }

    fs::path folder_ = fs::temp_directory_path() / ("darkroom-openapi-" + random_id());
    SystemClock clock_;
    storage::InMemoryTaskStore store_{clock_};
    storage::InMemoryObjectStore objects_{clock_};
    cluster::InProcessEventBus bus_;
    control::EventFeed feed_{io_.executor(), store_, bus_};
    control::Dispatcher dispatcher_{store_, clock_};
    control::ModelFolder models_{folder_ / "models", folder_ / "hashes.json", inspect};
    control::UploadFolder uploads_{
        folder_ / "models" / ".uploads", clock_, {.max_bytes = 1000, .per_tenant = 1}};
    storage::InMemoryModelStore model_store_;
    std::unique_ptr<control::ModelRegistry> registry_ =
        control::ModelRegistry::open(
            {models_, uploads_, model_store_, store_, clock_}, {folder_ / "import"})
            .value();
    OptionStore options_{folder_ / "options"};
    UrlSigner urls_{"secret", clock_};
    runtime::BlockingPool blocking_;
    storage::InMemoryAccountStore accounts_{clock_};
    storage::InMemoryAuditLog audit_;
    AccessControl access_{{accounts_, audit_, blocking_, clock_}, {}};
    AccessControl guard_{{accounts_, audit_, blocking_, clock_}, {.requires_credentials = true}};
    std::string hurried_key_ = hurried_key();
    telemetry::Metrics metrics_;
    bool has_agent_ = false;
    Result<DiskSpace> disk_ = DiskSpace{.free_bytes = 1'000, .total_bytes = 2'000};
    storage::InMemoryFunctionStore function_store_{clock_};
    control::FunctionRegistry functions_{function_store_, {}};
    std::string retired_;
    storage::InMemoryWebhookStore webhooks_{clock_};
    http::OutgoingClient outgoing_{http::AddressPolicy()};
    ImageFetcher image_fetcher_{ImageFetching()};
    Parts parts_with(AccessControl& access) {
        return {
            .dispatcher = dispatcher_,
            .models = models_,
            .registry = *registry_,
            .uploads = uploads_,
            .objects = objects_,
            .options = options_,
            .urls = urls_,
            .access = access,
            .blocking = blocking_,
            .metrics = metrics_,
            .clock = clock_,
            .catalog = api::test_catalog(),
            .find_unsupported = [](std::string_view,
                                   api::PromptRole) { return std::vector<std::string>{}; },
            .has_agent = [this] { return has_agent_; },
            .version = "1.0",
            .functions = functions_,
            .agents =
                {[](const std::string&) { return std::vector<domain::Instance>{}; },
                 [this](const std::string& model) { retired_ = model; },
                 [] {},
                 [] {}},
            .events = feed_,
            .count_tokens = [](const domain::Generation& generation) -> Result<api::PromptTokens> {
                if (generation.prompt == "endless") {
                    return Error{ErrorCode::invalid_argument, "too many chunks", "prompt"};
                }
                return api::PromptTokens{{generation.prompt.size(), 1}, {0, 1}};
            },
            .webhooks = {webhooks_, outgoing_, [] {}},
            .image_fetcher = image_fetcher_,
            .disk_space = [this] { return disk_; },
            .minimum_free_bytes = 1'000};
    }
    Parts parts_ = parts_with(access_);
    Parts guarded_parts_ = parts_with(guard_);
    http::Router guarded_router_;
    std::unique_ptr<http::Server> guarded_;
    std::unique_ptr<http::Server> hasty_;
    std::unique_ptr<http::Server> crowded_;
    std::map<std::string, DocumentedResponses> document_ = read_api_document(
        read_file(DARKROOM_SOURCE_DIR "/docs/api/openapi.yaml", std::size_t{1} << 20).value());
    std::map<std::string, std::set<int>> seen_;
};

}  // namespace darkroom::gateway
