// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <future>
#include <set>

#include <gtest/gtest.h>

#include "api/task_payload.h"
#include "api/test_surroundings.h"
#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "gateway/api_document.h"
#include "gateway/gateway.h"
#include "http/server_fixture.h"
#include "storage/memory/in_memory_object_store.h"
#include "storage/memory/in_memory_task_store.h"

/// Holds docs/api/openapi.yaml against what the gateway serves: routes, the status of every answer,
/// its media type and the shape of its error.
namespace darkroom::gateway {
namespace {

namespace fs = std::filesystem;

using storage::TaskStore;

constexpr const char* kTxt2img = "POST /sdapi/v1/txt2img";
constexpr const char* kSetOptions = "POST /sdapi/v1/options";
constexpr const char* kModels = "GET /sdapi/v1/sd-models";
constexpr const char* kAgent = "agent";

/// A documented answer that no test can provoke.
struct Unprovoked {
    /// Empty for every route.
    std::string_view route;
    int status;
    std::string_view reason;
};
constexpr std::array kUnprovoked = {
    Unprovoked{"", 500, "an exception that no input causes, such as a lack of memory"},
    Unprovoked{kSetOptions, 429, "a full disk"},
};

bool is_excused(const std::string& route, int status) {
    return std::ranges::any_of(kUnprovoked, [&](const Unprovoked& row) {
        return row.status == status && (row.route.empty() || row.route == route);
    });
}

struct Answer {
    int status = 0;
    std::string media_type;
    std::string body;
};

Answer read_answer(http::RawSocket& socket) {
    const std::string text = socket.read_response();
    Answer answer;
    constexpr std::string_view kVersion = "HTTP/1.1 ";
    constexpr std::string_view kType = "Content-Type: ";
    if (!text.starts_with(kVersion)) return answer;
    answer.status = std::stoi(text.substr(kVersion.size()));
    const std::size_t type = text.find(kType) + kType.size();
    answer.media_type = text.substr(type, text.find_first_of(";\r", type) - type);
    answer.body = text.substr(text.find("\r\n\r\n") + 4);
    return answer;
}

/// Name of the schema that an error's body follows.
std::string schema_of(const json::Value& body) {
    if (body.find("error") != nullptr) return "FourKeyError";
    if (body.find("detail") == nullptr) return "NotReady";
    return body["detail"].is_array() ? "ValidationError" : "OneKeyError";
}

std::string request_line(const std::string& route) {
    return route + " HTTP/1.1\r\n";
}

class OpenApi : public http::ServerTest {
  protected:
    OpenApi() {
        fs::create_directories(folder_ / "models");
        router_ = http::Router(render_problem);
        add_routes(router_, parts_);
        http::ServerOptions options;
        options.render = render_problem;
        start(options);
        options.limits.body_time = std::chrono::milliseconds(20);
        hasty_ = http::Server::start(io_.executor(), options, router_.handler()).value();
        options.limits = {};
        options.limits.buffered_body_bytes = 1;
        crowded_ = http::Server::start(io_.executor(), options, router_.handler()).value();
    }
    ~OpenApi() override {
        server_.reset();
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
    void tell_body(const std::string& route, const std::string& body) {
        tell(route, format("Content-Length: {}\r\n\r\n{}", body.size(), body));
    }

    void check(const std::string& route, const Answer& answer) {
        const DocumentedResponses& listed = document_[route];
        const auto response = listed.find(answer.status);
        ASSERT_NE(response, listed.end()) << route << ' ' << answer.status << ' ' << answer.body;
        seen_[route].insert(answer.status);
        const std::string& text = response->second;
        EXPECT_NE(text.find(answer.media_type), std::string::npos)
            << route << ' ' << answer.status << ' ' << answer.media_type;
        if (answer.status == 200) return;
        const std::string schema = schema_of(json::parse(answer.body).value());
        EXPECT_NE(text.find("schemas/" + schema + '"'), std::string::npos)
            << route << ' ' << answer.status << ' ' << answer.body;
    }

    /// What the server refuses before it looks for the route.
    void provoke_refusals(const std::string& route) {
        const std::string path = route.substr(route.find(' '));
        http::RawSocket other_method(port());
        other_method.send(request_line("DELETE" + path) + "Host: localhost\r\n\r\n");
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

    void draw(const std::string& body) {
        auto told = std::async(std::launch::async, [&] { tell_body(kTxt2img, body); });
        const domain::Task task = claim();
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

    void fail_to_draw(ErrorCode code) {
        auto told = std::async(std::launch::async, [&] { tell_body(kTxt2img, "{}"); });
        const domain::Task task = claim();
        const domain::LeaseToken token{task.id, task.attempt, kAgent};
        const domain::TaskFailure failure{Error{code, "the checkpoint"}, false};
        ASSERT_TRUE(storage::wait(store_, &TaskStore::fail, {token, failure}));
        dispatcher_.task_ended(task.id);
    }

    void provoke_txt2img() {
        tell_body(kTxt2img, "{}");  // no checkpoint
        ASSERT_TRUE(write_file(folder_ / "models" / "icons.safetensors", "weights"));
        tell_body(kModels, "");
        draw(R"({"force_task_id": "mine"})");
        tell_body(kTxt2img, R"({"force_task_id": "mine", "steps": 2})");
        tell_body(kTxt2img, R"({"steps": 0})");
        tell_body(kTxt2img, R"({"script_name": "nonsense"})");
        tell_body(kTxt2img, R"({"prompt": null})");
        // What the engine says of checkpoints that it cannot read or that do not fit.
        for (const ErrorCode code :
             {ErrorCode::corrupt_input,
              ErrorCode::unimplemented,
              ErrorCode::not_found,
              ErrorCode::permission_denied,
              ErrorCode::resource_exhausted,
              ErrorCode::unavailable,
              ErrorCode::internal}) {
            fail_to_draw(code);
        }
    }

    void provoke_options() {
        tell_body(kSetOptions, R"({"CLIP_stop_at_last_layers": 2})");
        tell_body(kSetOptions, "[]");
        tell_body(kSetOptions, R"({"nonsense": 1})");
        fs::remove_all(folder_ / "options");
        ASSERT_TRUE(write_file(folder_ / "options", "in the folder's place"));
        tell_body(kSetOptions, "{}");
    }

    fs::path folder_ = fs::temp_directory_path() / ("darkroom-openapi-" + random_id());
    SystemClock clock_;
    storage::InMemoryTaskStore store_{clock_};
    storage::InMemoryObjectStore objects_{clock_};
    control::Dispatcher dispatcher_{store_};
    control::ModelFolder models_{folder_ / "models", folder_ / "hashes.json"};
    OptionStore options_{folder_ / "options"};
    runtime::BlockingPool blocking_;
    telemetry::Metrics metrics_;
    bool has_agent_ = false;
    Parts parts_{
        dispatcher_,
        models_,
        objects_,
        options_,
        blocking_,
        metrics_,
        clock_,
        api::test_catalog(),
        [](std::string_view, api::PromptRole) { return std::vector<std::string>{}; },
        [this] { return has_agent_; },
        "1.0"};
    std::unique_ptr<http::Server> hasty_;
    std::unique_ptr<http::Server> crowded_;
    std::map<std::string, DocumentedResponses> document_ = read_api_document(
        read_file(DARKROOM_SOURCE_DIR "/docs/api/openapi.yaml", std::size_t{1} << 20).value());
    std::map<std::string, std::set<int>> seen_;
};

TEST_F(OpenApi, ListsTheRoutesThatAreServed) {
    std::set<std::string> documented;
    for (const auto& [route, responses] : document_)
        documented.insert(route);
    const std::vector<std::string> served = router_.routes();
    EXPECT_EQ(documented, std::set<std::string>(served.begin(), served.end()));
}

TEST_F(OpenApi, ListsEveryAnswerAndNoOther) {
    tell_body("GET /readyz", "");  // no agent
    has_agent_ = true;
    provoke_txt2img();
    for (const std::string& route : router_.routes()) {
        provoke_refusals(route);
        if (route != kTxt2img && route != kSetOptions) tell_body(route, "");
    }
    provoke_options();
    fs::remove_all(folder_ / "models");
    tell_body(kModels, "");

    for (const auto& [route, responses] : document_) {
        for (const auto& [status, text] : responses) {
            EXPECT_TRUE(seen_[route].contains(status) || is_excused(route, status))
                << route << ' ' << status;
        }
    }
}

}  // namespace
}  // namespace darkroom::gateway
