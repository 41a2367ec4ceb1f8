// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_request.h"

#include <map>

#include "api/input_pictures.h"
#include "api/python_text.h"
#include "api/task_name.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;

/// A1111's spelling of each field, by its name in lower case.
const std::map<std::string, std::string>& field_names(RequestKind kind) {
    const auto make = [](RequestKind of) {
        std::map<std::string, std::string> names;
        for (const RequestField& field : request_fields(of))
            names.emplace(lower_ascii(field.name), field.name);
        return names;
    };
    static const std::map<std::string, std::string> kTxt2img = make(RequestKind::txt2img);
    static const std::map<std::string, std::string> kImg2img = make(RequestKind::img2img);
    return kind == RequestKind::img2img ? kImg2img : kTxt2img;
}

json::Object overrides_of(const json::Object& body) {
    const json::Value* overrides = body.find("override_settings");
    return overrides != nullptr && overrides->is_object() ? overrides->as_object() : json::Object();
}

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

/// One entry of a 422 as "steps: must be ...".
std::string entry_text(const json::Value& entry) {
    const json::Value* message = entry.is_object() ? entry.as_object().find("msg") : nullptr;
    if (message == nullptr || !message->is_string()) return json::dump(entry);
    const json::Value* location = entry.as_object().find("loc");
    if (location == nullptr || !location->is_array() || location->as_array().empty()) {
        return message->as_string();
    }
    const json::Value& last = location->as_array().back();
    const std::string name = last.is_string() ? last.as_string() : json::dump(last);
    return format("{}: {}", name, message->as_string());
}

std::string message_of(const json::Value& body) {
    if (!body.is_object()) return json::dump(body);
    for (const char* key : {"detail", "errors", "error"}) {
        const json::Value* said = body.as_object().find(key);
        if (said == nullptr) continue;
        if (said->is_string() && !said->as_string().empty()) return said->as_string();
        if (!said->is_array()) continue;
        std::string text;
        for (const json::Value& entry : said->as_array())
            text += (text.empty() ? "" : "; ") + entry_text(entry);
        return text;
    }
    return json::dump(body);
}

}  // namespace

Refusal message_refusal(int status, std::string message) {
    return {status, json::Object{{"message", std::move(message)}}};
}

Refusal failed_task_refusal(int status, std::string_view task, std::string message) {
    return {
        status,
        json::Object{{"taskId", task}, {"status", "failed"}, {"message", std::move(message)}}};
}

Refusal as_message(const Refusal& refusal) {
    json::Object body{{"message", message_of(refusal.body)}};
    if (refusal.body.is_object()) {
        const json::Value* detail = refusal.body.as_object().find("detail");
        if (detail != nullptr && detail->is_array()) body.set("detail", *detail);
    }
    return {refusal.status, std::move(body)};
}

Outcome<ServerlessRequest> parse_serverless(RequestKind kind, std::string_view body) {
    const std::map<std::string, std::string>& fields = field_names(kind);
    const auto parsed = json::parse(body);
    if (!parsed || !parsed->is_object()) return message_refusal(kBadRequest, "bad request body");
    ServerlessRequest result;
    json::Object known;
    json::Value vae;
    for (const auto& [key, value] : parsed->as_object()) {
        const std::string name = lower_ascii(key);
        if (name == "stable_diffusion_model" || name == "stablediffusionmodel") {
            if (value.is_string()) result.checkpoint = value.as_string();
        } else if (name == "sd_vae") {
            vae = value;
        } else if (const auto field = fields.find(name); field != fields.end()) {
            known.set(field->second, value);
        } else if (name != "save_dir") {
            result.unknown_fields.push_back(key);
        }
    }
    // Absent and null are "None" in that API, which is what every checkpoint's own VAE is.
    const json::Value* overrides = known.find("override_settings");
    const bool has_room = overrides == nullptr || overrides->is_object() || overrides->is_null();
    if (!vae.is_null() && has_room) {
        json::Object changed = overrides_of(known);
        changed.set("sd_vae", vae);
        known.set("override_settings", std::move(changed));
    }
    if (result.checkpoint.empty()) {
        return message_refusal(
            kBadRequest, "stable_diffusion_model val not valid, please set valid val");
    }
    Outcome<PictureRequest> request = parse_request(kind, json::dump(known));
    if (!request) return as_message(request.error());
    if (kind == RequestKind::img2img && !require_inputs(*request)) {
        return message_refusal(kBadRequest, "init_images: a picture to start from is required");
    }
    result.request = *std::move(request);
    return result;
}

Outcome<const domain::ModelDescription*> serverless_model(
    std::span<const domain::ModelDescription> models, std::string_view checkpoint) {
    for (const domain::ModelDescription& model : models) {
        if (model.relative_name == checkpoint) return &model;
    }
    for (const domain::ModelDescription& model : models) {
        if (file_name(model.relative_name) == checkpoint) return &model;
    }
    const domain::ModelDescription* model = domain::find_model(models, checkpoint);
    if (model == nullptr) {
        return message_refusal(kNotFound, "model not found, please check request");
    }
    return model;
}

void draw_with(Txt2imgRequest& request, const domain::ModelDescription& model) {
    json::Object overrides = overrides_of(request.parameters);
    overrides.set("sd_model_checkpoint", model.title);
    request.parameters.set("override_settings", std::move(overrides));
}

Outcome<std::string> parse_task_name(std::string_view header) {
    if (!is_task_name(header)) {
        return message_refusal(
            kBadRequest,
            format(
                "the taskId header has at most {} bytes, in UTF-8, and no control characters",
                kLongestTaskName));
    }
    return std::string(header);
}

}  // namespace darkroom::api
