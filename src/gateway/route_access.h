// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

namespace darkroom::gateway {

/// What a route asks of its caller.
enum class Access {
    /// Nothing: health, the log-in, and links whose signature is the credential.
    open,
    /// To be known, whatever the scopes.
    any,
    // The scope of that name.
    generate,
    models,
    admin,
};

/// The rule for a route, "GET /tasks/{taskId}/result". The guard refuses a route that has none, so
/// every route that is added gets its line in the table of route_access.cpp.
std::optional<Access> access_of(std::string_view route);

}  // namespace darkroom::gateway
