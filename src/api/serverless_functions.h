// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/refusal.h"
#include "domain/function.h"

/// Functions in the serverless Stable Diffusion API (serverless-sd-api.md 2.9).
namespace darkroom::api {

/// A body of POST /batch_update_sd_resource.
struct FunctionOrder {
    /// Checkpoints or function names; every function when empty.
    std::vector<std::string> models;
    domain::FunctionChange change;
    /// Settings of the order that are kept but have no effect on one machine.
    std::vector<std::string> not_applied;
    /// Members that mean nothing here, as they were spelt.
    std::vector<std::string> unknown_fields;
};

/// Reads a body; names in any case, `mountPoints` for `ossMountConfig`, null for absent. Refuses
/// with 400 what is no JSON object, with 422 members of the wrong type.
Outcome<FunctionOrder> parse_function_order(std::string_view body);

/// The names of POST /del/sd/functions. Refuses with 400 what is no JSON object with a list of
/// names in `functions`.
Outcome<std::vector<std::string>> parse_function_names(std::string_view body);

/// A function as it is listed, with what was added: status, settings, counters.
struct FunctionView {
    domain::Function function;
    domain::FunctionStatus status;
    std::vector<domain::Instance> instances;
};
json::Object function_body(const FunctionView& view);

/// What everybody may see of it: name, checkpoint and status. Settings may hold secrets.
json::Object public_function_body(const FunctionView& view);

using FunctionBody = json::Object (*)(const FunctionView&);

/// GET /list/sdapi/functions, with one of the bodies above for each.
json::Object functions_body(std::span<const FunctionView> views, FunctionBody body_of);

/// Settings that a function has and that have no effect on one machine.
std::vector<std::string> not_applied(const domain::FunctionSettings& settings);

}  // namespace darkroom::api
