// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <future>
#include <set>

#include <gtest/gtest.h>

#include "api/task_payload.h"
#include "api/test_surroundings.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "cluster/memory/in_process_event_bus.h"
#include "gateway/api_answer.h"
#include "gateway/api_document.h"
#include "gateway/gateway.h"
#include "http/server_fixture.h"
#include "image/png.h"
#include "storage/memory/in_memory_function_store.h"
#include "storage/memory/in_memory_model_store.h"
#include "storage/memory/in_memory_object_store.h"
#include "storage/memory/in_memory_task_store.h"

/// Holds docs/api/openapi.yaml against what the gateway serves: routes, the status of every answer,
/// its media type and the shape of its error.
namespace darkroom::gateway {
namespace {

namespace fs = std::filesystem;

using storage::TaskStore;

constexpr const char* kTxt2img = "POST /sdapi/v1/txt2img";
constexpr const char* kExtraSingle = "POST /sdapi/v1/extra-single-image";
constexpr const char* kExtraBatch = "POST /sdapi/v1/extra-batch-images";
constexpr const char* kExtraImages = "POST /extra_images";
constexpr const char* kPngInfo = "POST /sdapi/v1/png-info";
constexpr const char* kImg2img = "POST /sdapi/v1/img2img";
constexpr const char* kServerlessImg2img = "POST /img2img";
constexpr const char* kSetOptions = "POST /sdapi/v1/options";
constexpr const char* kModels = "GET /sdapi/v1/sd-models";
constexpr const char* kServerless = "POST /txt2img";
constexpr const char* kResult = "GET /tasks/{taskId}/result";
constexpr const char* kProgress = "GET /tasks/{taskId}/progress";
constexpr const char* kCancel = "POST /tasks/{taskId}/cancellation";
constexpr const char* kRemoval = "DELETE /tasks/{taskId}";
constexpr const char* kEvents = "GET /tasks/{taskId}/events";
constexpr const char* kAllEvents = "GET /events";
constexpr const char* kUsage = "GET /usage";
constexpr const char* kTasks = "GET /tasks";
constexpr const char* kPicture = "GET /images/{key}";
constexpr const char* kUpdateFunctions = "POST /batch_update_sd_resource";
constexpr const char* kDeleteFunctions = "POST /del/sd/functions";
constexpr const char* kListModels = "GET /models";
constexpr const char* kModel = "GET /models/{name}";
constexpr const char* kRegister = "POST /models";
constexpr const char* kUpdate = "PUT /models/{name}";
constexpr const char* kDelete = "DELETE /models/{name}";
constexpr const char* kThumbnail = "GET /thumbnails/{name}";
constexpr const char* kBeginUpload = "POST /uploads";
constexpr const char* kUpload = "GET /uploads/{id}";
constexpr const char* kPiece = "PUT /uploads/{id}";
constexpr const char* kAbandon = "DELETE /uploads/{id}";
constexpr const char* kAgent = "agent";

/// What the engine says of checkpoints that it cannot read or that do not fit.
constexpr std::array kFailures = {
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
constexpr std::array kUnprovoked = {
    Unprovoked{"", 500, "an exception that no input causes, such as a lack of memory"},
    Unprovoked{kSetOptions, 507, "a full disk"},
    Unprovoked{kRegister, 507, "a full disk"},
    Unprovoked{kUpdate, 507, "a full disk"},
    Unprovoked{kPiece, 507, "a full disk"},
    Unprovoked{kBeginUpload, 507, "a full disk"},
};

Result<domain::ModelFacts> inspect(const fs::path& path) {
    const std::string text = read_file(path, std::size_t{1} << 20).value();
    if (!text.starts_with("weights")) return Error{ErrorCode::corrupt_input, "no weights"};
    return domain::ModelFacts{.family = "sd1"};
}

bool is_excused(const std::string& route, int status) {
    return std::ranges::any_of(kUnprovoked, [&](const Unprovoked& row) {
        return row.status == status && (row.route.empty() || row.route == route);
    });
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

    void provoke_txt2img() {
        draw(kTxt2img, R"({"force_task_id": "mine"})");
        tell_body(kTxt2img, R"({"force_task_id": "mine", "steps": 2})");
        tell_body(kTxt2img, R"({"steps": 0})");
        tell_body(kTxt2img, R"({"script_name": "nonsense"})");
        tell_body(kTxt2img, R"({"prompt": null})");
        for (const ErrorCode code : kFailures)
            fail_to_draw(kTxt2img, "{}", code);
    }

    /// A body of image to image with a picture and more members.
    static std::string from_picture(const std::string& members) {
        const image::Image grey{
            .width = 8, .height = 8, .pixels = std::vector<std::uint8_t>(192, 128)};
        const std::string file = base64_encode(image::encode_png(grey, {}).value());
        return format(R"({{"init_images": ["{}"]{}}})", file, members);
    }

    void provoke_img2img() {
        tell_body(kImg2img, "{}");
        draw(kImg2img, from_picture(R"(, "force_task_id": "from mine")"));
        tell_body(kImg2img, from_picture(R"(, "force_task_id": "from mine", "steps": 2)"));
        tell_body(kImg2img, from_picture(R"(, "script_name": "nonsense")"));
        tell_body(kImg2img, from_picture(R"(, "mask": "")"));
        tell_body(kImg2img, from_picture(R"(, "mask": "local/nonsense/0/0.png")"));
        for (const ErrorCode code : kFailures)
            fail_to_draw(kImg2img, from_picture(""), code);
        const std::string model = R"(, "stable_diffusion_model": "icons.safetensors")";
        tell_body(kServerlessImg2img, from_picture(R"(, "stable_diffusion_model": "nonsense")"));
        tell_body(kServerlessImg2img, from_picture(model + R"(, "steps": 0)"));
        tell_body(kServerlessImg2img, R"({"init_images": ["%"])" + model + "}");
        draw(kServerlessImg2img, from_picture(model + R"(, "force_task_id": "unused")"));
        for (const ErrorCode code : kFailures)
            fail_to_draw(kServerlessImg2img, from_picture(model), code);
        submit_later("from mine later", from_picture(model), kServerlessImg2img);
        submit_later(
            "from mine later", from_picture(model + R"(, "steps": 2)"), kServerlessImg2img);
        finish(claim());
        // Only the inputs of tasks are kept, one for each that was accepted.
        const auto stored = objects_.list(std::nullopt).value();
        EXPECT_EQ(
            std::ranges::count_if(
                stored,
                [](const storage::ObjectEntry& entry) {
                    return entry.key.text().ends_with("/0/input-1");
                }),
            static_cast<std::ptrdiff_t>(3 + 2 * kFailures.size()));
    }

    void submit_later(
        const std::string& name, const std::string& body, const char* route = kServerless) {
        tell(
            route,
            format(
                "taskId: {}\r\nRequest-Type: async\r\nContent-Length: {}\r\n\r\n{}",
                name,
                body.size(),
                body));
    }

    void provoke_serverless() {
        const std::string body = R"({"stable_diffusion_model": "icons.safetensors"})";
        tell_body(kServerless, "{}");
        tell_body(kServerless, R"({"stable_diffusion_model": "nonsense"})");
        tell_body(kServerless, R"({"stable_diffusion_model": "icons", "steps": 0})");
        draw(kServerless, body);
        for (const ErrorCode code : kFailures)
            fail_to_draw(kServerless, body, code);
        submit_later("mine too", body);
        submit_later("mine too", R"({"stable_diffusion_model": "icons", "steps": 2})");
    }

    /// After provoke_serverless: "mine too" waits.
    void provoke_tasks() {
        for (const char* route : {kResult, kProgress, kCancel, kRemoval, kEvents})
            tell_of(route, "nonsense");
        tell_of(kProgress, "mine%20too");
        tell_of(kResult, "mine%20too");
        finish(claim());
        const Answer result = tell_of(kResult, "mine%20too");
        tell_of(kEvents, "mine%20too");
        tell_body("GET /tasks/mine%20too/events?after=99999", "", kEvents);
        tell_body("GET /tasks/mine%20too/events?after=x", "", kEvents);
        tell_body("GET /events?after=x", "", kAllEvents);
        tell_body("GET /usage?format=csv", "", kUsage);
        tell_body("GET /usage?from=x", "", kUsage);
        tell_of(kCancel, "mine%20too");
        submit_later("removed", R"({"stable_diffusion_model": "icons"})");
        tell_of(kRemoval, "removed");
        tell_of(kCancel, "removed");
        tell_of(kRemoval, "removed");
        submit_later("cancelled", R"({"stable_diffusion_model": "icons"})");
        tell_of(kCancel, "cancelled");
        EXPECT_NE(tell_of(kResult, "cancelled").body.find("\"cancelled\""), std::string::npos);
        tell_body("GET /tasks?limit=2&status=succeeded", "", kTasks);
        tell_body("GET /tasks?limit=0", "", kTasks);

        const std::string link = json::parse(result.body).value()["ossUrl"][0].as_string();
        const std::string host = "http://localhost/images/";
        ASSERT_TRUE(link.starts_with(host)) << link;
        EXPECT_EQ(tell_of(kPicture, link.substr(host.size())).media_type, "image/png");
        tell_of(kPicture, "local/0.png");
        tell_of(kPicture, "UPPER");
    }

    /// A picture as a request brings it.
    static std::string picture_field() {
        const image::Image picture{.width = 1, .height = 1, .channels = 3, .pixels = {1, 2, 3}};
        return base64_encode(image::encode_png(picture, {{"parameters", "a fox"}}).value());
    }

    void provoke_extras() {
        const std::string picture = picture_field();
        const std::string single = format(R"({{"image": "{}"}})", picture);
        const std::string batch =
            format(R"({{"imageList": [{{"data": "{}", "name": ""}}]}})", picture);
        const std::vector<std::pair<const char*, std::string>> orders = {
            {kExtraSingle, single}, {kExtraBatch, batch}, {kExtraImages, single}};
        for (const auto& [route, body] : orders) {
            draw(route, body);
            for (const ErrorCode code : kFailures)
                fail_to_draw(route, body, code);
            tell_body(route, R"({"image": "cGljdHVyZQ==", "imageList": []})");
        }
        tell_body(kExtraImages, "[]");
        const std::string named = format(
            "taskId: enlarged\r\nRequest-Type: async\r\nContent-Length: {}\r\n\r\n{}",
            single.size(),
            single);
        tell(kExtraImages, named);
        finish(claim());
        const Answer result = tell_of(kResult, "enlarged");
        EXPECT_NE(result.body.find(R"("html_info":"<p></p>")"), std::string::npos) << result.body;
        tell(kExtraImages, "taskId: enlarged\r\nContent-Length: 2\r\n\r\n{}");
        const std::string other = format(
            R"({{"image": "{}", "upscaler_1": "Lanczos",
            "upscaling_resize": 8}})",
            picture);
        tell(
            kExtraImages,
            format("taskId: enlarged\r\nContent-Length: {}\r\n\r\n{}", other.size(), other));
    }

    void provoke_png_info() {
        tell_body(kPngInfo, format(R"({{"image": "{}"}})", picture_field()));
        // What is no picture, and a JPEG too large to be read.
        tell_body(kPngInfo, R"({"image": "cGljdHVyZQ=="})");
        tell_body(kPngInfo, R"({"image": "/9j/wAARCP////8DAREAAhEAAxEA/9oADAMBAAIAAwAAPwD/2Q=="})");
    }

    void provoke_functions() {
        tell_body(kUpdateFunctions, R"({"models": ["icons.safetensors"], "timeout": 60})");
        tell_body(kUpdateFunctions, "[]");
        tell_body(kUpdateFunctions, R"({"cpu": "two"})");
        tell_body(kUpdateFunctions, R"({"cpu": -1})");
        const std::vector<domain::Function> made = functions_.all();
        ASSERT_EQ(made.size(), 1U);
        EXPECT_EQ(made[0].settings.timeout_s, 60);
        const std::string names = format(R"({{"functions": ["{}"]}})", made[0].name);
        tell_body(kDeleteFunctions, names);
        EXPECT_EQ(retired_, "icons");
        tell_body(kDeleteFunctions, names);
        tell_body(kDeleteFunctions, "{}");
    }

    /// Begins an upload and tells its id.
    std::string begin_upload(const std::string& size) {
        const std::string body = R"({"type": "lora", "name": "a.safetensors", "size": )" + size;
        http::RawSocket socket(port());
        socket.send(
            request_line(kBeginUpload) + "Host: localhost\r\n" +
            format("Content-Length: {}\r\n\r\n{}}}", body.size() + 1, body));
        const Answer answer = read_answer(socket);
        check(kBeginUpload, answer);
        const json::Value told = json::parse(answer.body).value();
        return answer.status == 201 ? told["id"].as_string() : std::string();
    }

    void send_piece(const std::string& id, const std::string& range, const std::string& bytes) {
        http::RawSocket socket(port());
        socket.send(
            request_line(kPiece, id) + "Host: localhost\r\n" + "Content-Range: " + range + "\r\n" +
            format("Content-Length: {}\r\n\r\n{}", bytes.size(), bytes));
        check(kPiece, read_answer(socket));
    }

    /// PUT or DELETE of a model.
    void change(const std::string& route, const std::string& target, const std::string& body) {
        const std::string method = route.substr(0, route.find(' '));
        tell_body(method + " /models/" + target, body, route);
    }

    void provoke_uploads() {
        const std::string id = begin_upload("7");
        begin_upload("7");         // one at a time
        begin_upload("100000");    // too large
        begin_upload("\"many\"");  // no number
        tell_of(kUpload, id);
        send_piece(id, "nonsense", "wei");
        send_piece(id, "bytes 4-6/7", "hts");  // a gap
        send_piece(id, "bytes 0-2/7", "non");
        send_piece(id, "bytes 0-2/9", "non");
        tell_of(kAbandon, id);
        const std::string bad = begin_upload(format(R"(7, "sha256": "{}")", std::string(64, 'a')));
        send_piece(bad, "bytes 0-6/7", "weights");
    }

    void provoke_models() {
        const std::string id = begin_upload("7");
        const std::string order =
            R"({"type": "lora", "name": "a.safetensors", "source": {"upload": ")";
        tell_body(kRegister, order + id + "\"}}");  // not complete
        send_piece(id, "bytes 0-6/7", "weights");
        tell_body(kRegister, order + id + "\"}}");
        tell_body(kRegister, order + id + "\"}}");
        tell_body(kRegister, order + "none\"}}");
        tell_body(kRegister, R"({"type": "nonsense"})");
        tell_body("GET /models?type=nonsense", "", kListModels);
        tell_body("GET /models/a.safetensors?type=nonsense", "", kModel);
        tell_body("GET /models/a.safetensors?type=lora", "", kModel);
        tell_body("GET /thumbnails/a.safetensors?type=nonsense", "", kThumbnail);
        ASSERT_TRUE(write_file(folder_ / "models" / "Lora" / "a.png", "\x89PNG\r\n\x1a\n"));
        ASSERT_TRUE(models_.scan());
        tell_of(kThumbnail, "a.safetensors");
        change(kUpdate, "a.safetensors", "{}");
        change(kUpdate, "none", "{}");
        change(kUpdate, "a.safetensors", R"({"name": "b.safetensors"})");
        fs::create_directories(folder_ / "models" / "VAE");
        ASSERT_TRUE(write_file(folder_ / "models" / "VAE" / "a.safetensors", "weights"));
        ASSERT_TRUE(models_.scan());
        change(kUpdate, "a.safetensors", "{}");
        change(kDelete, "a.safetensors", "");
        change(kDelete, "a.safetensors?type=nonsense", "");
        change(kDelete, "a.safetensors?type=lora", "");
    }

    /// As many streams as the caller may have.
    void provoke_crowd() {
        std::vector<std::shared_ptr<control::EventWatch>> watches;
        for (auto watch = feed_.open({"local"}); watch; watch = feed_.open({"local"}))
            watches.push_back(*std::move(watch));
        submit_later("watched", R"({"stable_diffusion_model": "icons"})");
        tell_of(kEvents, "watched");
        tell_body(kAllEvents, "");
        tell_of(kCancel, "watched");
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
    telemetry::Metrics metrics_;
    bool has_agent_ = false;
    Result<DiskSpace> disk_ = DiskSpace{.free_bytes = 1'000, .total_bytes = 2'000};
    storage::InMemoryFunctionStore function_store_{clock_};
    control::FunctionRegistry functions_{function_store_, {}};
    std::string retired_;
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
        [this] { return has_agent_; },
        "1.0",
        functions_,
        {[](const std::string&) { return std::vector<domain::Instance>{}; },
         [this](const std::string& model) { retired_ = model; },
         [] {},
         [] {}},
        feed_,
        [](const domain::Generation& generation) -> Result<api::PromptTokens> {
            if (generation.prompt == "endless") {
                return Error{ErrorCode::invalid_argument, "too many chunks", "prompt"};
            }
            return api::PromptTokens{{generation.prompt.size(), 1}, {0, 1}};
        },
        [this] { return disk_; },
        1'000};
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
    std::set<std::string> served;
    for (const std::string& route : router_.routes()) {
        // HEAD is its GET without the body.
        if (!route.starts_with("HEAD ")) served.insert(documented_name(route));
    }
    EXPECT_EQ(documented, served);
}

TEST_F(OpenApi, ListsEveryAnswerAndNoOther) {
    tell_body("GET /readyz", "");  // no agent
    has_agent_ = true;
    tell_body(kTxt2img, "{}");  // no checkpoint
    ASSERT_TRUE(write_file(folder_ / "models" / "icons.safetensors", "weights"));
    tell_body(kModels, "");
    tell_of(kModel, "icons.safetensors");
    provoke_uploads();
    provoke_models();
    provoke_txt2img();
    provoke_img2img();
    provoke_serverless();
    provoke_tasks();
    provoke_functions();
    provoke_png_info();
    provoke_extras();
    provoke_crowd();
    for (const std::string& served : router_.routes()) {
        const std::string route = documented_name(served);
        if (route.starts_with("HEAD ")) continue;
        provoke_refusals(route);
        if (route != kTxt2img && route != kSetOptions) tell_body(route, "");
    }
    provoke_options();
    fs::remove_all(folder_ / "models");
    tell_body(kModels, "");
    tell_body(kListModels, "");
    tell_body(kUpdateFunctions, "{}");

    for (const auto& [route, responses] : document_) {
        for (const auto& [status, text] : responses) {
            EXPECT_TRUE(seen_[route].contains(status) || is_excused(route, status))
                << route << ' ' << status;
        }
    }
}

TEST_F(OpenApi, LittleRoomOnTheDiskIsSaidByHealthAndReadiness) {
    has_agent_ = true;
    ASSERT_TRUE(write_file(folder_ / "models" / "icons.safetensors", "weights"));
    ASSERT_TRUE(models_.scan());
    EXPECT_EQ(tell_of("GET /readyz", "").status, 200);
    EXPECT_NE(tell_of("GET /healthz", "").body.find(R"("status":"ok")"), std::string::npos);

    disk_ = DiskSpace{.free_bytes = 999, .total_bytes = 2'000};
    const Answer full = tell_of("GET /readyz", "");
    EXPECT_EQ(full.status, 503);
    EXPECT_NE(full.body.find("nearly full"), std::string::npos);
    const Answer health = tell_of("GET /healthz", "");
    EXPECT_NE(health.body.find(R"("status":"degraded")"), std::string::npos) << health.body;
    EXPECT_NE(health.body.find(R"("free_bytes":999)"), std::string::npos) << health.body;

    disk_ = Error{ErrorCode::unavailable, "input/output error"};
    EXPECT_EQ(tell_of("GET /readyz", "").status, 503);
    EXPECT_NE(tell_of("GET /healthz", "").body.find("does not answer"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::gateway
