// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <span>
#include <thread>

#include "base/encoding.h"
#include "base/format.h"
#include "base/random.h"
#include "console.h"
#include "domain/model.h"
#include "generate.h"
#include "http/client.h"
#include "json/json.h"
#include "start_pictures.h"

namespace darkroom::app {
namespace {

constexpr auto kShort = std::chrono::milliseconds(10'000);
constexpr auto kLong = std::chrono::hours(24);
constexpr auto kPoll = std::chrono::milliseconds(150);
/// Of checkpoints that do not say.
constexpr std::int64_t kUsualSize = 512;

std::string base_url(const GenerateOptions& options) {
    std::string url = options.server;
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

Result<json::Value> call(http::ClientRequest request, std::chrono::milliseconds timeout) {
    // Not a flag: others see the flags of a process.
    const char* key = std::getenv("DARKROOM_API_KEY");
    if (key != nullptr) request.headers.set("X-API-Key", key);
    DARKROOM_TRY_ASSIGN(
        const http::ClientResponse response, http::fetch_blocking(std::move(request), timeout));
    auto body = json::parse(response.body);
    if (response.status == 200 && body) return body;
    std::string reason = format("the server answered {}", response.status);
    if (body) {
        // A1111's error bodies: a list of what is wrong with fields, or a text in one of these.
        for (const char* member : {"errors", "detail", "error"}) {
            const json::Value* text = body->find(member);
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

std::string text_or_empty(const json::Value& object, std::string_view member) {
    const json::Value* text = object.find(member);
    return text != nullptr && text->is_string() ? text->as_string() : std::string();
}

/// The checkpoints that the server lists, with what names and measures them.
Result<std::vector<domain::ModelDescription>> list_models(const std::string& server) {
    http::ClientRequest request;
    request.url = server + "/sdapi/v1/sd-models";
    DARKROOM_TRY_ASSIGN(const json::Value listed, call(std::move(request), kShort));
    std::vector<domain::ModelDescription> models;
    if (!listed.is_array()) return models;
    for (const json::Value& entry : listed.as_array()) {
        std::string file = text_or_empty(entry, "title");
        const std::string hash = format(" [{}]", text_or_empty(entry, "hash"));
        if (file.ends_with(hash)) file.resize(file.size() - hash.size());
        domain::ModelDescription model =
            domain::describe_model(std::move(file), text_or_empty(entry, "sha256"));
        const json::Value* size = entry.find("native_size");
        if (size != nullptr && size->is_integer()) model.native_size = size->as_integer();
        models.push_back(std::move(model));
    }
    return models;
}

/// Size that the checkpoint was trained on that will draw: the one asked for, or the one that the
/// server's options name. The server itself refuses a name that it does not know.
Result<PictureSize> native_size(const std::string& server, const std::string& asked) {
    DARKROOM_TRY_ASSIGN(const std::vector<domain::ModelDescription> models, list_models(server));
    const domain::ModelDescription* model = nullptr;
    if (asked.empty()) {
        http::ClientRequest request;
        request.url = server + "/sdapi/v1/options";
        DARKROOM_TRY_ASSIGN(const json::Value set, call(std::move(request), kShort));
        model = domain::find_model(models, text_or_empty(set, "sd_model_checkpoint"));
    } else {
        model = domain::find_closest_model(models, asked);
    }
    if (model == nullptr || model->native_size <= 0) return PictureSize{kUsualSize, kUsualSize};
    return PictureSize{model->native_size, model->native_size};
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

std::string base64_of(const std::string& file) {
    return base64_encode(std::as_bytes(std::span(file)));
}

Result<json::Object> make_body(
    const GenerateOptions& options,
    const std::optional<StartPictures>& start,
    const std::string& task) {
    PictureSize size;
    if (options.size.empty() && start) {
        size = start->size;
    } else if (options.size.empty()) {
        DARKROOM_TRY_ASSIGN(size, native_size(base_url(options), options.model.string()));
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
    if (start) {
        body.set("init_images", json::Array{base64_of(start->picture)});
        body.set("denoising_strength", start->strength);
        if (!start->mask.empty()) body.set("mask", base64_of(start->mask));
    }
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
    DARKROOM_TRY_ASSIGN(const std::optional<StartPictures> start, read_start_pictures(options));
    DARKROOM_TRY_ASSIGN(json::Object body, make_body(options, start, task));
    http::ClientRequest request;
    request.method = "POST";
    request.url = server + (start ? "/sdapi/v1/img2img" : "/sdapi/v1/txt2img");
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
