// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::domain {

/// Something that somebody did, or tried to do, and that must be answerable for later.
struct AuditEntry {
    /// Wall clock.
    std::int64_t at_ms = 0;
    /// "key:ID", "user:NAME", "local", "command line" or "anonymous".
    std::string actor = {};
    std::string tenant = {};
    /// "key.create", "login".
    std::string action = {};
    /// What it was done to.
    std::string subject = {};
    /// "ok", or why not.
    std::string outcome = {};
    std::string request_id = {};
    std::string address = {};
};

/// Where a log ends: nothing after it was written, nothing up to it may be missing.
struct AuditHead {
    std::int64_t sequence = 0;
    std::string hash = std::string(64, '0');

    friend bool operator==(const AuditHead&, const AuditHead&) = default;
};

/// One row of the log, tied to all rows before it.
struct AuditRecord {
    /// 1, 2, 3, ...
    std::int64_t sequence = 0;
    AuditEntry entry = {};
    /// The hash of the row before it.
    std::string previous_hash = {};
    /// SHA-256 over the sequence, the hash before and every field with its length.
    std::string hash = {};
};

/// The next row of the log that ends at `head`.
AuditRecord link(AuditEntry entry, const AuditHead& head);

AuditHead head_of(const AuditRecord& record);

struct AuditVerdict {
    /// Rows that were looked at.
    std::int64_t records = 0;
    AuditHead head = {};
    /// What is wrong, at the first place where something is; absent for a whole log.
    std::optional<std::string> problem = {};
};

/// Checks a log row by row, oldest first.
class AuditVerifier {
  public:
    void add(const AuditRecord& record);

    /// Compares the end with the head that was stored apart.
    [[nodiscard]] AuditVerdict finish(const AuditHead& stored) const;

  private:
    AuditVerdict verdict_;
};

}  // namespace darkroom::domain
