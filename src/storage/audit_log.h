// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/audit.h"
#include "storage/completion.h"

namespace darkroom::storage {

struct AuditPage {
    /// Only records before this one: the last of the previous page.
    std::optional<std::int64_t> before = {};
    std::int32_t limit = 100;
};

/// The append-only log of what was done. Rules of threads and completions as TaskStore's.
class AuditLog {
  public:
    virtual ~AuditLog() = default;

    /// Adds a record behind the last. Fails with corrupt_input when the last is not the one that
    /// was written: nothing is appended to a broken log.
    virtual void append(domain::AuditEntry entry, Completion<domain::AuditRecord> done) = 0;

    /// Newest first. Fails with invalid_argument (field "limit") unless the limit is 1 to 1000.
    virtual void list(AuditPage page, Completion<std::vector<domain::AuditRecord>> done) = 0;

    /// Reads all of it: a work of seconds for millions of records.
    virtual void verify(Completion<domain::AuditVerdict> done) = 0;
};

Result<void> validate(const AuditPage& page);
Error broken_audit_log();

}  // namespace darkroom::storage
