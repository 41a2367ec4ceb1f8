// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/refusal.h"
#include "domain/generation.h"
#include "gateway/gateway.h"

/// What every route that makes a task reads beside the body: Idempotency-Key and ?dry_run.
namespace darkroom::gateway {

/// The name to submit under: the Idempotency-Key, else the request's older kind of name. Fails
/// with invalid_argument for a key that is none, and for a name that is another.
Result<std::string> submit_name(const http::Request& request, std::string name);

/// What a submit failed with, for this request: a key that was used for another request is
/// invalid_argument (422) where an older name is a conflict (409).
Error submit_error(const http::Request& request, const Error& error);

/// Whether only a dry run is wanted. Fails with invalid_argument for a word that is none.
Result<bool> wants_dry_run(const http::Request& request);

/// The answer to a dry run of what was accepted.
boost::asio::awaitable<api::Outcome<json::Object>> dry_run(
    Parts& parts, domain::Generation generation);

}  // namespace darkroom::gateway
