// SPDX-License-Identifier: Apache-2.0
#include "storage/audit_log.h"

namespace darkroom::storage {
namespace {

constexpr std::int32_t kLongestPage = 1000;

}  // namespace

Result<void> validate(const AuditPage& page) {
    if (page.limit >= 1 && page.limit <= kLongestPage) return {};
    return Error{ErrorCode::invalid_argument, "a page has 1 to 1000 records", "limit"};
}

Error broken_audit_log() {
    return Error{
        ErrorCode::corrupt_input, "the audit log was tampered with; see darkroom audit verify"};
}

}  // namespace darkroom::storage
