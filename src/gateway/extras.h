// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/extras_request.h"
#include "api/refusal.h"
#include "gateway/caller.h"
#include "gateway/gateway.h"

/// What both APIs do to enlarge pictures.
namespace darkroom::gateway {

struct ExtrasOrder {
    Caller caller;
    domain::TaskId id = domain::TaskId::random();
    /// The caller's own name for the task; may be empty.
    std::string name;
    api::ExtrasRequest request;
    /// What tells the request from another one under the same name.
    std::string request_text;
    /// The route of A1111's API whose answer the task keeps; empty when it keeps none.
    std::string kept_route = {};
};

/// Stores the pictures of a request and submits its task: submit_stored. Fails also as
/// store_inputs.
runtime::Task<domain::Task> submit_extras(Parts& parts, ExtrasOrder order);

/// What the order would be: judges its pictures and stores nothing. Fails as submit_extras does
/// before it submits.
runtime::Task<json::Object> forecast_extras(Parts& parts, ExtrasOrder order);

}  // namespace darkroom::gateway
