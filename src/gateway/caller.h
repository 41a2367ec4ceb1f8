// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/trace_context.h"
#include "domain/api_key.h"
#include "gateway/grant.h"
#include "http/message.h"

namespace darkroom::gateway {

/// Who sent a request, and on whose behalf.
struct Caller {
    std::string tenant;
    /// For the audit log: "key:ID", "user:NAME", "local" or "anonymous".
    std::string name = {};
    domain::Scopes scopes = {};
    std::string request_id = {};
    /// What the rights come from.
    Grant grant = {};
    /// Becomes true when the audit log says why the request failed.
    std::shared_ptr<std::atomic<bool>> failure_is_audited = {};
    /// The span that the request is.
    std::optional<TraceContext> trace = {};
};

/// Who the guard says it is. A request that passed no guard throws ContractViolation: no route is
/// open by accident.
Caller caller_of(const http::Request& request);

}  // namespace darkroom::gateway
