// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace darkroom {

/// Every failure a correct program can meet. Closed list; what depends on a code is in error.cpp.
enum class ErrorCode {
    invalid_argument,
    unauthenticated,
    permission_denied,
    not_found,
    conflict,
    payload_too_large,
    corrupt_input,
    resource_exhausted,
    cancelled,
    internal,
    unimplemented,
    bad_upstream,
    unavailable,
    deadline_exceeded,
    insufficient_storage,
};

/// An expected failure. The message says what is wrong, static part first, values last, and is
/// fit for a user: no secret and no whole prompt in it.
struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;
    /// Request field, flag or key at fault, if there is one.
    std::string field = {};

    /// The same error with "context: " before its message.
    [[nodiscard]] Error with_context(std::string_view context) const;
};

/// HTTP status that reports the code outside A1111's own error shapes.
int http_status(ErrorCode code);

/// True when the same request may succeed later without being changed.
bool is_retryable(ErrorCode code);

/// The enumerator's spelling, as on the wire and in the database.
std::string_view to_string(ErrorCode code);

/// Reverse of to_string; an unknown word is `internal`.
ErrorCode error_code_from(std::string_view word);

}  // namespace darkroom
