// SPDX-License-Identifier: Apache-2.0
#include "domain/function.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "base/sha256.h"

namespace darkroom::domain {
namespace {

constexpr std::int64_t kMostInstances = 1'000;
constexpr std::int64_t kMostMegabytes = std::int64_t{1} << 30;
constexpr std::int64_t kLongestTimeoutS = 86'400;
constexpr double kMostThreads = 1'024.0;

struct Limit {
    const char* field;
    std::int64_t most;
};

/// Sets what is given when it is from 0 to the limit.
Result<void> set(std::int64_t& target, std::optional<std::int64_t> value, const Limit& limit) {
    if (!value) return {};
    if (*value < 0 || *value > limit.most) {
        return Error{
            ErrorCode::invalid_argument,
            format("{} must be 0 to {}: {}", limit.field, limit.most, *value),
            limit.field};
    }
    target = *value;
    return {};
}

void set(std::string& target, const std::optional<std::string>& value) {
    if (value) target = *value;
}

}  // namespace

Result<FunctionSettings> changed(FunctionSettings settings, const FunctionChange& change) {
    DARKROOM_TRY(
        set(settings.min_instances, change.min_instances, {"minInstances", kMostInstances}));
    DARKROOM_TRY(
        set(settings.max_instances, change.max_instances, {"maxInstances", kMostInstances}));
    DARKROOM_TRY(set(settings.memory_mb, change.memory_mb, {"memorySize", kMostMegabytes}));
    DARKROOM_TRY(set(settings.timeout_s, change.timeout_s, {"timeout", kLongestTimeoutS}));
    DARKROOM_TRY(
        set(settings.gpu_memory_mb, change.gpu_memory_mb, {"gpuMemorySize", kMostMegabytes}));
    if (change.cpu) {
        if (!(*change.cpu >= 0.0 && *change.cpu <= kMostThreads)) {
            return Error{
                ErrorCode::invalid_argument,
                format("cpu must be 0 to {}: {}", kMostThreads, *change.cpu),
                "cpu"};
        }
        settings.cpu = *change.cpu;
    }
    if (settings.max_instances > 0 && settings.min_instances > settings.max_instances) {
        return Error{
            ErrorCode::invalid_argument,
            format(
                "minInstances must not be more than maxInstances: {} and {}",
                settings.min_instances,
                settings.max_instances),
            "minInstances"};
    }
    set(settings.instance_type, change.instance_type);
    set(settings.image, change.image);
    set(settings.extra_args, change.extra_args);
    set(settings.vpc_config, change.vpc_config);
    set(settings.nas_config, change.nas_config);
    set(settings.oss_mount_config, change.oss_mount_config);
    for (const auto& [key, value] : change.env)
        settings.env[key] = value;
    return settings;
}

std::string function_name(std::string_view checkpoint) {
    return "sd_" + sha256_hex(checkpoint);
}

Function make_function(std::string checkpoint, std::int64_t created_ms) {
    Function function;
    function.name = function_name(checkpoint);
    function.checkpoint = std::move(checkpoint);
    function.created_ms = created_ms;
    return function;
}

int threads_of(const FunctionSettings& settings) {
    return static_cast<int>(std::ceil(settings.cpu));
}

std::string_view to_string(FunctionState state) {
    switch (state) {
        case FunctionState::cold:
            return "cold";
        case FunctionState::loading:
            return "loading";
        case FunctionState::warm:
            return "warm";
        case FunctionState::busy:
            return "busy";
        case FunctionState::failed:
            return "failed";
    }
    return "cold";
}

FunctionStatus status_of(std::span<const Instance> instances, std::string_view load_failure) {
    FunctionStatus status;
    status.reason = load_failure;
    if (instances.empty()) {
        if (!load_failure.empty()) status.state = FunctionState::failed;
        return status;
    }
    for (const Instance& instance : instances)
        status.loaded = std::max(status.loaded, instance.loaded);
    const bool is_loaded = status.loaded >= 1.0;
    const bool has_tasks =
        std::ranges::any_of(instances, [](const Instance& instance) { return instance.tasks > 0; });
    if (!is_loaded)
        status.state = FunctionState::loading;
    else
        status.state = has_tasks ? FunctionState::busy : FunctionState::warm;
    return status;
}

}  // namespace darkroom::domain
