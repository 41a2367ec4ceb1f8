// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "storage/audit_log.h"
#include "storage/sqlite/sqlite_database.h"

namespace darkroom::storage {

/// AuditLog::verify on a connection; in one transaction where others write beside it.
Result<domain::AuditVerdict> verify_audit(Connection& connection);

/// AuditLog in a SqliteDatabase.
class SqliteAuditLog final : public AuditLog {
  public:
    explicit SqliteAuditLog(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    void append(domain::AuditEntry entry, Completion<domain::AuditRecord> done) override;
    void list(AuditPage page, Completion<std::vector<domain::AuditRecord>> done) override;
    void verify(Completion<domain::AuditVerdict> done) override;

  private:
    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace darkroom::storage
