// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

/// The Idempotency-Key header (IETF draft httpapi-idempotency-key-header).
namespace darkroom::api {

inline constexpr const char* kIdempotencyKey = "Idempotency-Key";

/// The key of a header: the text within its quotes, or bare as most clients send it; empty without
/// a header. Fails with invalid_argument for what cannot be a task's name.
Result<std::string> parse_idempotency_key(std::string_view header);

/// The one name of a task that has a key and a name of the older kind (the taskId header,
/// force_task_id), each possibly empty. Fails with invalid_argument when they are two.
Result<std::string> one_task_name(std::string key, std::string name);

}  // namespace darkroom::api
