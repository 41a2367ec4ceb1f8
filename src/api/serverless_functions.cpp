// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_functions.h"

#include <array>
#include <functional>
#include <optional>

#include "api/python_text.h"
#include "api/serverless_request.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr int kBadRequest = 400;
constexpr int kUnprocessable = 422;

using domain::FunctionChange;
using domain::FunctionSettings;

/// Reads one member; false when its type is wrong.
using Read = bool (*)(const json::Value& value, FunctionChange& change);

template <auto Member>
bool read_integer(const json::Value& value, FunctionChange& change) {
    if (!value.is_integer()) return false;
    change.*Member = value.as_integer();
    return true;
}

template <auto Member>
bool read_text(const json::Value& value, FunctionChange& change) {
    if (!value.is_string()) return false;
    change.*Member = value.as_string();
    return true;
}

template <auto Member>
bool read_object(const json::Value& value, FunctionChange& change) {
    if (!value.is_object()) return false;
    change.*Member = json::dump(value);
    return true;
}

/// One entry or several, whatever they hold.
template <auto Member>
bool read_objects(const json::Value& value, FunctionChange& change) {
    if (!value.is_object() && !value.is_array()) return false;
    change.*Member = json::dump(value);
    return true;
}

bool read_cpu(const json::Value& value, FunctionChange& change) {
    if (!value.is_number()) return false;
    change.cpu = value.as_double();
    return true;
}

bool read_env(const json::Value& value, FunctionChange& change) {
    if (!value.is_object()) return false;
    for (const auto& [key, text] : value.as_object()) {
        if (!text.is_string()) return false;
        change.env[key] = text.as_string();
    }
    return true;
}

struct Setting {
    const char* name = nullptr;
    const char* type = nullptr;
    Read read = nullptr;
    bool is_applied = false;
};

constexpr std::array kSettings = {
    Setting{"minInstances", "an integer", read_integer<&FunctionChange::min_instances>, true},
    Setting{"maxInstances", "an integer", read_integer<&FunctionChange::max_instances>, true},
    Setting{"cpu", "a number", read_cpu, true},
    Setting{"memorySize", "an integer", read_integer<&FunctionChange::memory_mb>, true},
    Setting{"timeout", "an integer", read_integer<&FunctionChange::timeout_s>, true},
    Setting{"gpuMemorySize", "an integer", read_integer<&FunctionChange::gpu_memory_mb>},
    Setting{"instanceType", "a string", read_text<&FunctionChange::instance_type>},
    Setting{"image", "a string", read_text<&FunctionChange::image>},
    Setting{"extraArgs", "a string", read_text<&FunctionChange::extra_args>},
    Setting{"env", "an object of strings", read_env},
    Setting{"vpcConfig", "an object", read_object<&FunctionChange::vpc_config>},
    Setting{"nasConfig", "an object", read_object<&FunctionChange::nas_config>},
    Setting{
        "ossMountConfig", "an object or a list", read_objects<&FunctionChange::oss_mount_config>}};

const Setting* find_setting(const std::string& lower_name) {
    if (lower_name == "mountpoints") return find_setting("ossmountconfig");
    for (const Setting& setting : kSettings) {
        if (lower_ascii(setting.name) == lower_name) return &setting;
    }
    return nullptr;
}

std::optional<std::vector<std::string>> read_names(const json::Value& value) {
    if (!value.is_array()) return std::nullopt;
    std::vector<std::string> names;
    for (const json::Value& item : value.as_array()) {
        if (!item.is_string() || item.as_string().empty()) return std::nullopt;
        names.push_back(item.as_string());
    }
    return names;
}

json::Value parsed_or_null(const std::string& text) {
    return text.empty() ? json::Value() : json::parse(text).value_or(json::Value());
}

json::Array text_list(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

json::Object settings_body(const FunctionSettings& settings) {
    json::Object env;
    for (const auto& [key, value] : settings.env)
        env.append(key, value);
    return json::Object{
        {"minInstances", settings.min_instances},
        {"maxInstances", settings.max_instances},
        {"cpu", settings.cpu},
        {"memorySize", settings.memory_mb},
        {"timeout", settings.timeout_s},
        {"gpuMemorySize", settings.gpu_memory_mb},
        {"instanceType", settings.instance_type},
        {"image", settings.image},
        {"extraArgs", settings.extra_args},
        {"env", std::move(env)},
        {"vpcConfig", parsed_or_null(settings.vpc_config)},
        {"nasConfig", parsed_or_null(settings.nas_config)},
        {"ossMountConfig", parsed_or_null(settings.oss_mount_config)}};
}

}  // namespace

Outcome<FunctionOrder> parse_function_order(std::string_view body) {
    const auto parsed = json::parse(body);
    if (!parsed) return message_refusal(kBadRequest, parsed.error().message);
    if (!parsed->is_object()) return message_refusal(kBadRequest, "the body must be an object");
    FunctionOrder order;
    for (const auto& [key, value] : parsed->as_object()) {
        const std::string name = lower_ascii(key);
        if (name == "models") {
            if (value.is_null()) continue;
            auto models = read_names(value);
            if (!models) {
                return message_refusal(kUnprocessable, "models: must be a list of names");
            }
            order.models = *std::move(models);
            continue;
        }
        const Setting* setting = find_setting(name);
        if (setting == nullptr) {
            order.unknown_fields.push_back(key);
            continue;
        }
        if (value.is_null()) continue;
        if (!setting->read(value, order.change)) {
            return message_refusal(kUnprocessable, format("{}: must be {}", key, setting->type));
        }
        if (!setting->is_applied) order.not_applied.emplace_back(setting->name);
    }
    return order;
}

Outcome<std::vector<std::string>> parse_function_names(std::string_view body) {
    const auto parsed = json::parse(body);
    if (!parsed) return message_refusal(kBadRequest, parsed.error().message);
    const json::Value* functions = parsed->find("functions");
    auto names = functions == nullptr ? std::nullopt : read_names(*functions);
    if (!names || names->empty()) {
        return message_refusal(kBadRequest, "functions: must be a list of function names");
    }
    return *std::move(names);
}

std::vector<std::string> not_applied(const FunctionSettings& settings) {
    std::vector<std::string> names;
    const auto add = [&](bool is_set, const char* name) {
        if (is_set) names.emplace_back(name);
    };
    add(settings.gpu_memory_mb > 0, "gpuMemorySize");
    add(!settings.instance_type.empty(), "instanceType");
    add(!settings.image.empty(), "image");
    add(!settings.extra_args.empty(), "extraArgs");
    add(!settings.env.empty(), "env");
    add(!settings.vpc_config.empty(), "vpcConfig");
    add(!settings.nas_config.empty(), "nasConfig");
    add(!settings.oss_mount_config.empty(), "ossMountConfig");
    return names;
}

json::Object function_body(const FunctionView& view) {
    json::Array instances;
    for (const domain::Instance& instance : view.instances) {
        instances.emplace_back(json::Object{
            {"agent", instance.agent},
            {"loaded", instance.loaded},
            {"tasks", instance.tasks},
            {"residentBytes", instance.resident_bytes}});
    }
    const domain::Function& function = view.function;
    json::Object body{
        {"functionName", function.name},
        {"model", function.checkpoint},
        {"status", domain::to_string(view.status.state)},
        {"loaded", view.status.loaded},
        {"reason", view.status.reason},
        {"instances", std::move(instances)},
        {"settings", settings_body(function.settings)},
        {"notApplied", text_list(not_applied(function.settings))},
        {"requests", function.usage.requests},
        {"pictures", function.usage.pictures},
        {"failures", function.usage.failures},
        {"createdMs", function.created_ms}};
    body.set(
        "lastUsedMs", function.last_used_ms ? json::Value(*function.last_used_ms) : json::Value());
    return body;
}

json::Object public_function_body(const FunctionView& view) {
    return json::Object{
        {"functionName", view.function.name},
        {"model", view.function.checkpoint},
        {"status", domain::to_string(view.status.state)}};
}

json::Object functions_body(std::span<const FunctionView> views, FunctionBody body_of) {
    json::Array functions;
    for (const FunctionView& view : views)
        functions.emplace_back(body_of(view));
    return json::Object{{"status", "success"}, {"functions", std::move(functions)}};
}

}  // namespace darkroom::api
