// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_model_store.h"

#include <utility>

namespace darkroom::storage {
namespace {

constexpr std::string_view kPut =
    "INSERT INTO model (type, name, etag, source, note, sha256, registered_ms, modified_ms,"
    " deleted_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (type, name) DO UPDATE SET etag = excluded.etag, source = excluded.source,"
    " note = excluded.note, sha256 = excluded.sha256, registered_ms = excluded.registered_ms,"
    " modified_ms = excluded.modified_ms, deleted_ms = excluded.deleted_ms";

constexpr std::string_view kList =
    "SELECT type, name, etag, source, note, sha256, registered_ms, modified_ms, deleted_ms"
    " FROM model ORDER BY type, name";

Result<ModelRow> put_row(Connection& connection, const ModelRow& row) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(kPut));
    statement.bind_all(
        row.type,
        row.name,
        row.etag,
        row.source,
        row.note,
        row.sha256,
        row.registered_ms,
        row.modified_ms,
        row.deleted_ms);
    DARKROOM_TRY(statement.run());
    return row;
}

Result<std::vector<ModelRow>> list_rows(Connection& connection) {
    DARKROOM_TRY_ASSIGN(Statement statement, connection.prepare(kList));
    std::vector<ModelRow> rows;
    while (true) {
        DARKROOM_TRY_ASSIGN(const bool has_row, statement.step());
        if (!has_row) return rows;
        int column = 0;
        ModelRow row;
        row.type = statement.text(column++);
        row.name = statement.text(column++);
        row.etag = statement.text(column++);
        row.source = statement.text(column++);
        row.note = statement.text(column++);
        row.sha256 = statement.text(column++);
        row.registered_ms = statement.integer(column++);
        row.modified_ms = statement.integer(column++);
        row.deleted_ms = statement.optional_integer(column);
        rows.push_back(std::move(row));
    }
}

}  // namespace

void SqliteModelStore::put(ModelRow row, Completion<ModelRow> done) {
    const Result<void> valid = validate(row);
    if (!valid) {
        done(valid.error());
        return;
    }
    database_->writer().enqueue<ModelRow>(
        [row = std::move(row)](Connection& connection) { return put_row(connection, row); },
        std::move(done));
}

void SqliteModelStore::list(Completion<std::vector<ModelRow>> done) {
    database_->writer().enqueue<std::vector<ModelRow>>(list_rows, std::move(done));
}

}  // namespace darkroom::storage
