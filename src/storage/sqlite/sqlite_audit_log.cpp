// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_audit_log.h"

#include <string_view>
#include <utility>

namespace darkroom::storage {
namespace {

constexpr const char* kNewest =
    "SELECT sequence, at_ms, actor, tenant, action, subject, outcome, request_id, address,"
    " previous_hash, hash FROM audit WHERE ?1 IS NULL OR sequence < ?1"
    " ORDER BY sequence DESC LIMIT ?2";
constexpr const char* kOldest =
    "SELECT sequence, at_ms, actor, tenant, action, subject, outcome, request_id, address,"
    " previous_hash, hash FROM audit ORDER BY sequence";

domain::AuditRecord read_record(const Statement& row) {
    domain::AuditRecord record;
    record.sequence = row.integer(0);
    record.entry.at_ms = row.integer(1);
    record.entry.actor = row.text(2);
    record.entry.tenant = row.text(3);
    record.entry.action = row.text(4);
    record.entry.subject = row.text(5);
    record.entry.outcome = row.text(6);
    record.entry.request_id = row.text(7);
    record.entry.address = row.text(8);
    record.previous_hash = row.text(9);
    record.hash = row.text(10);
    return record;
}

Result<std::vector<domain::AuditRecord>> newest(Connection& connection, const AuditPage& page) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(kNewest));
    statement.bind_all(page.before, page.limit);
    std::vector<domain::AuditRecord> records;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return records;
        records.push_back(read_record(statement));
    }
}

Result<domain::AuditHead> read_head(Connection& connection) {
    DARKROOM_TRY_ASSIGN(
        Statement statement, connection.prepare("SELECT sequence, hash FROM audit_head"));
    DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
    if (!has_row) return domain::AuditHead{};
    return domain::AuditHead{statement.integer(0), statement.text(1)};
}

/// Fails when the last row is not the one that the head names.
Result<domain::AuditHead> whole_end(Connection& connection) {
    DARKROOM_TRY_ASSIGN(domain::AuditHead head, read_head(connection));
    AuditPage last;
    last.limit = 1;
    DARKROOM_TRY_ASSIGN(const std::vector<domain::AuditRecord> end, newest(connection, last));
    const domain::AuditHead found = end.empty() ? domain::AuditHead{} : head_of(end.front());
    if (found != head) return broken_audit_log();
    return head;
}

Result<void> write_record(Connection& connection, const domain::AuditRecord& record) {
    const domain::AuditEntry& entry = record.entry;
    DARKROOM_TRY_ASSIGN(
        Statement insert,
        connection.prepare("INSERT INTO audit (sequence, at_ms, actor, tenant, action, subject,"
                           " outcome, request_id, address, previous_hash, hash)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert.bind_all(
        record.sequence,
        entry.at_ms,
        entry.actor,
        entry.tenant,
        entry.action,
        entry.subject,
        entry.outcome,
        entry.request_id,
        entry.address,
        record.previous_hash,
        record.hash);
    DARKROOM_TRY(insert.run());
    DARKROOM_TRY_ASSIGN(
        Statement head,
        connection.prepare(
            "INSERT OR REPLACE INTO audit_head (only, sequence, hash) VALUES (1, ?, ?)"));
    head.bind_all(record.sequence, record.hash);
    return head.run();
}

Result<domain::AuditRecord> append_record(Connection& connection, const domain::AuditEntry& entry) {
    DARKROOM_TRY_ASSIGN(const domain::AuditHead head, whole_end(connection));
    domain::AuditRecord record = domain::link(entry, head);
    DARKROOM_TRY(write_record(connection, record));
    return record;
}

}  // namespace

Result<domain::AuditVerdict> verify_audit(Connection& connection) {
    DARKROOM_TRY_ASSIGN(const domain::AuditHead head, read_head(connection));
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(kOldest));
    domain::AuditVerifier verifier;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return verifier.finish(head);
        verifier.add(read_record(statement));
    }
}

void SqliteAuditLog::append(domain::AuditEntry entry, Completion<domain::AuditRecord> done) {
    database_->writer().enqueue<domain::AuditRecord>(
        [entry = std::move(entry)](Connection& connection) {
            return append_record(connection, entry);
        },
        std::move(done));
}

void SqliteAuditLog::list(AuditPage page, Completion<std::vector<domain::AuditRecord>> done) {
    if (const Result<void> valid = validate(page); !valid) return done(valid.error());
    database_->writer().enqueue<std::vector<domain::AuditRecord>>(
        [page](Connection& connection) { return newest(connection, page); }, std::move(done));
}

void SqliteAuditLog::verify(Completion<domain::AuditVerdict> done) {
    database_->writer().enqueue<domain::AuditVerdict>(
        [](Connection& connection) { return verify_audit(connection); }, std::move(done));
}

}  // namespace darkroom::storage
