// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "base/encoding.h"
#include "base/format.h"
#include "base/random.h"
#include "console.h"
#include "generate.h"
#include "http/client.h"
#include "json/json.h"

namespace darkroom::app {
namespace {

constexpr auto kShort = std::chrono::milliseconds(10'000);
constexpr auto kLong = std::chrono::hours(24);
constexpr auto kPoll = std::chrono::milliseconds(150);

std::string base_url(const GenerateOptions& options) {
    std::string url = options.server;
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

Result<json::Value> call(http::ClientRequest request, std::chrono::milliseconds timeout) {
    DARKROOM_TRY_ASSIGN(
        const http::ClientResponse response, http::fetch_blocking(std::move(request), timeout));
    auto body = json::parse(response.body);
    if (response.status == 200 && body) return body;
    std::string reason = format("the server answered {}", response.status);
    if (body) {
        // A1111's error bodies: a list of what is wrong with fields, or a text in one of these.
        for (const char* key : {"errors", "detail", "error"}) {
            const json::Value* text = body->find(key);
            if (text != nullptr && text->is_string() && !text->as_string().empty()) {
                reason = text->as_string();
                break;
            }
            if (text == nullptr || !text->is_array() || text->as_array().empty()) continue;
            const json::Value* message = (*text)[0].find("msg");
            if (message == nullptr || !message->is_string()) continue;
            reason = message->as_string();
            break;
        }
    }
    return Error{ErrorCode::bad_upstream, std::move(reason)};
}

/// Size that the server's first checkpoint was trained on.
Result<PictureSize> native_size(const std::string& server) {
    http::ClientRequest request;
    request.url = server + "/sdapi/v1/sd-models";
    DARKROOM_TRY_ASSIGN(const json::Value models, call(std::move(request), kShort));
    if (models.is_array() && !models.as_array().empty()) {
        const json::Value* size = models[0].find("native_size");
        if (size != nullptr && size->is_integer())
            return PictureSize{size->as_integer(), size->as_integer()};
    }
    return PictureSize{512, 512};
}

/// Flags of the engine in this process mean nothing to another one.
Result<void> refuse_local_flags(const GenerateOptions& options) {
    const char* flag = nullptr;
    if (options.threads != 0) flag = "--threads";
    if (!options.dtype.empty()) flag = "--dtype";
    if (options.cache_folder) flag = "--cache";
    if (flag == nullptr) return {};
    return Error{
        ErrorCode::invalid_argument,
        format("{} has no effect with --server; leave one of them out", flag)};
}

Result<json::Object> make_body(const GenerateOptions& options, const std::string& task) {
    PictureSize size;
    if (options.size.empty()) {
        DARKROOM_TRY_ASSIGN(size, native_size(base_url(options)));
    } else {
        DARKROOM_TRY_ASSIGN(size, parse_size(options.size));
    }
    json::Object body{
        {"prompt", options.prompt},
        {"negative_prompt", options.negative_prompt},
        {"steps", options.steps},
        {"cfg_scale", options.cfg_scale},
        {"width", size.width},
        {"height", size.height},
        {"sampler_name", options.sampler},
        {"scheduler", options.schedule},
        {"batch_size", options.batch_size},
        {"force_task_id", task}};
    if (options.seed) body.set("seed", *options.seed);
    json::Object overrides;
    if (options.clip_skip != 1) overrides.set("CLIP_stop_at_last_layers", options.clip_skip);
    if (!options.model.empty()) overrides.set("sd_model_checkpoint", options.model.string());
    if (!overrides.empty()) body.set("override_settings", std::move(overrides));
    return body;
}

void show_progress(const std::string& server, const std::string& task, ProgressBar& bar) {
    http::ClientRequest request;
    request.url = server + "/sdapi/v1/progress?skip_current_image=true&id_task=" + task;
    const auto progress = call(std::move(request), kShort);
    if (!progress) return;
    const json::Value* state = progress->find("state");
    if (state == nullptr) return;
    const json::Value* steps = state->find("sampling_steps");
    const json::Value* step = state->find("sampling_step");
    const json::Value* text = progress->find("textinfo");
    if (steps != nullptr && step != nullptr && steps->is_integer() && steps->as_integer() > 0) {
        bar.show("sampling", step->as_integer(), steps->as_integer());
    } else if (text != nullptr && text->is_string()) {
        bar.show(text->as_string(), 0, 0);
    }
}

}  // namespace

Result<std::vector<std::vector<std::byte>>> generate_on_server(const GenerateOptions& options) {
    DARKROOM_TRY(refuse_local_flags(options));
    const std::string server = base_url(options);
    const std::string task = "task-" + random_id();
    DARKROOM_TRY_ASSIGN(json::Object body, make_body(options, task));
    http::ClientRequest request;
    request.method = "POST";
    request.url = server + "/sdapi/v1/txt2img";
    request.headers.set("Content-Type", "application/json");
    request.body = json::dump(std::move(body));

    std::optional<Result<json::Value>> answer;
    std::atomic<bool> answered = false;
    std::thread drawing([&] {
        answer.emplace(call(std::move(request), kLong));
        answered = true;
    });
    ProgressBar bar;
    while (!answered) {
        show_progress(server, task, bar);
        std::this_thread::sleep_for(kPoll);
    }
    drawing.join();
    bar.finish();
    if (!answer->has_value()) return answer->error();

    std::vector<std::vector<std::byte>> files;
    const json::Value* images = (*answer)->find("images");
    if (images == nullptr || !images->is_array()) {
        return Error{ErrorCode::bad_upstream, "the server's answer has no images"};
    }
    for (const json::Value& image : images->as_array()) {
        if (!image.is_string()) return Error{ErrorCode::bad_upstream, "an image is not text"};
        DARKROOM_TRY_ASSIGN(auto file, base64_decode(image.as_string()));
        files.push_back(std::move(file));
    }
    return files;
}

}  // namespace darkroom::app
