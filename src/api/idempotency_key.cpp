// SPDX-License-Identifier: Apache-2.0
#include "api/idempotency_key.h"

#include "api/task_name.h"
#include "base/format.h"

namespace darkroom::api {

Result<std::string> parse_idempotency_key(std::string_view header) {
    if (header.empty()) return std::string();
    std::string_view key = header;
    const bool is_quoted = key.size() >= 2 && key.front() == '"' && key.back() == '"';
    if (is_quoted) key = key.substr(1, key.size() - 2);
    if (key.empty() || key.find('"') != std::string_view::npos || !is_task_name(key)) {
        return Error{
            ErrorCode::invalid_argument,
            format(
                "{} must be 1 to {} bytes of UTF-8 without quotes and control characters",
                kIdempotencyKey,
                kLongestTaskName),
            kIdempotencyKey};
    }
    return std::string(key);
}

Result<std::string> one_task_name(std::string key, std::string name) {
    if (key.empty()) return name;
    if (name.empty() || name == key) return key;
    return Error{
        ErrorCode::invalid_argument,
        format("{} and the task's name are not the same", kIdempotencyKey),
        kIdempotencyKey};
}

}  // namespace darkroom::api
