// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/refusal.h"
#include "api/serverless_task.h"
#include "gateway/gateway.h"

/// What the serverless routes share.
namespace darkroom::gateway {

/// The caller's task of the name in the path: one that it chose itself, or the id. Somebody else's
/// task is not found.
runtime::Task<domain::Task> find_task(Parts& parts, const http::Request& request);

/// 404 for a task that is not there, else the error's status.
http::Response not_found_or(const Error& error);

/// The pictures of a task that succeeded, with http links to the host that the caller asked; none
/// once the sweeper took them. Fails with corrupt_input.
Result<api::TaskPictures> pictures_of(
    const Parts& parts, const domain::Task& task, const http::Request& request);

/// Nothing for a task that does not wait.
std::optional<api::QueueStanding> standing_of(const Parts& parts, const domain::TaskId& id);

/// {"message": ...} with the error's status.
api::Refusal message_from(const Error& error);

}  // namespace darkroom::gateway
