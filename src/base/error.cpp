// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <array>

#include "base/check.h"

namespace darkroom {
namespace {

struct Row {
    ErrorCode code;
    std::string_view word;
    int http;
    bool retryable;
};

constexpr std::array kRows = {
    Row{ErrorCode::invalid_argument, "invalid_argument", 400, false},
    Row{ErrorCode::unauthenticated, "unauthenticated", 401, false},
    Row{ErrorCode::permission_denied, "permission_denied", 403, false},
    Row{ErrorCode::not_found, "not_found", 404, false},
    Row{ErrorCode::conflict, "conflict", 409, false},
    Row{ErrorCode::payload_too_large, "payload_too_large", 413, false},
    Row{ErrorCode::corrupt_input, "corrupt_input", 422, false},
    Row{ErrorCode::resource_exhausted, "resource_exhausted", 429, true},
    Row{ErrorCode::cancelled, "cancelled", 499, false},
    Row{ErrorCode::internal, "internal", 500, false},
    Row{ErrorCode::unimplemented, "unimplemented", 501, false},
    Row{ErrorCode::bad_upstream, "bad_upstream", 502, true},
    Row{ErrorCode::unavailable, "unavailable", 503, true},
    Row{ErrorCode::deadline_exceeded, "deadline_exceeded", 504, true},
    Row{ErrorCode::insufficient_storage, "insufficient_storage", 507, true},
};

const Row& row(ErrorCode code) {
    for (const Row& candidate : kRows) {
        if (candidate.code == code) return candidate;
    }
    throw ContractViolation("error code outside the table");
}

}  // namespace

Error Error::with_context(std::string_view context) const {
    return Error{code, std::string(context) + ": " + message, field};
}

int http_status(ErrorCode code) {
    return row(code).http;
}

bool is_retryable(ErrorCode code) {
    return row(code).retryable;
}

std::string_view to_string(ErrorCode code) {
    return row(code).word;
}

ErrorCode error_code_from(std::string_view word) {
    for (const Row& candidate : kRows) {
        if (candidate.word == word) return candidate.code;
    }
    return ErrorCode::internal;
}

}  // namespace darkroom
