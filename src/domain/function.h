// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

/// A function is the deployment of one checkpoint: its limits, its status, what it was used for.
namespace darkroom::domain {

/// Limits and settings. 0 is "not set" for every number.
struct FunctionSettings {
    /// Agents that keep the checkpoint loaded even when nobody asks.
    std::int64_t min_instances = 0;
    /// Agents that may serve it at once; not set: as many as the server has.
    std::int64_t max_instances = 0;
    /// CPU threads of an instance; a part of one counts as a whole. Not set: the server's own.
    double cpu = 0.0;
    /// MiB that an instance may occupy; not set: no limit of its own.
    std::int64_t memory_mb = 0;
    /// Seconds that an attempt at a task may take, the load included; not set: no limit.
    std::int64_t timeout_s = 0;

    // Kept and reported; they mean nothing on one machine without GPUs and container images.
    std::int64_t gpu_memory_mb = 0;
    std::string instance_type = {};
    std::string image = {};
    std::string extra_args = {};
    std::map<std::string, std::string> env = {};
    // JSON texts as they came.
    std::string vpc_config = {};
    std::string nas_config = {};
    std::string oss_mount_config = {};

    bool operator==(const FunctionSettings&) const = default;
};

/// Settings to change; what is absent stays. `env` is merged.
struct FunctionChange {
    std::optional<std::int64_t> min_instances = {};
    std::optional<std::int64_t> max_instances = {};
    std::optional<double> cpu = {};
    std::optional<std::int64_t> memory_mb = {};
    std::optional<std::int64_t> timeout_s = {};
    std::optional<std::int64_t> gpu_memory_mb = {};
    std::optional<std::string> instance_type = {};
    std::optional<std::string> image = {};
    std::optional<std::string> extra_args = {};
    std::map<std::string, std::string> env = {};
    std::optional<std::string> vpc_config = {};
    std::optional<std::string> nas_config = {};
    std::optional<std::string> oss_mount_config = {};
};

/// The settings after a change. Fails with invalid_argument, the setting's API name as field, for a
/// number out of range and for more instances at least than at most.
Result<FunctionSettings> changed(FunctionSettings settings, const FunctionChange& change);

/// What a function was used for.
struct FunctionUsage {
    /// Attempts that ended, with pictures or without.
    std::int64_t requests = 0;
    std::int64_t pictures = 0;
    std::int64_t failures = 0;

    bool operator==(const FunctionUsage&) const = default;
};

struct Function {
    /// function_name(checkpoint).
    std::string name;
    /// Path of the file below the models folder: "v1-5.safetensors".
    std::string checkpoint;
    FunctionSettings settings = {};
    FunctionUsage usage = {};
    // Wall clock.
    std::int64_t created_ms = 0;
    std::optional<std::int64_t> last_used_ms = {};

    bool operator==(const Function&) const = default;
};

/// "sd_" and the SHA-256 of the checkpoint's name in lower-case hex (serverless-sd-api.md 5.1).
std::string function_name(std::string_view checkpoint);

/// A function with default settings.
Function make_function(std::string checkpoint, std::int64_t created_ms);

/// Threads for an agent that serves the function; 0 leaves the choice to the agent.
int threads_of(const FunctionSettings& settings);

enum class FunctionState {
    /// No agent has the checkpoint.
    cold,
    loading,
    /// Loaded, nothing to do.
    warm,
    busy,
    /// The last load failed and nobody serves it.
    failed,
};

std::string_view to_string(FunctionState state);

/// One agent that serves a function.
struct Instance {
    std::string agent;
    /// Share of the checkpoint that is loaded; 1 when it can draw.
    double loaded = 0.0;
    std::int64_t tasks = 0;
    /// 0 while unknown.
    std::uint64_t resident_bytes = 0;
};

struct FunctionStatus {
    FunctionState state = FunctionState::cold;
    /// Of the instance that is furthest, 0 to 1.
    double loaded = 0.0;
    /// Why the last load failed; empty when it did not.
    std::string reason = {};
};

/// What the instances and the reason of the last failed load (empty: none) amount to.
FunctionStatus status_of(std::span<const Instance> instances, std::string_view load_failure);

}  // namespace darkroom::domain
