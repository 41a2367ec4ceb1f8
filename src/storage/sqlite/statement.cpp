// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/statement.h"

#include <sqlite3.h>

#include "storage/sqlite/sqlite_error.h"

namespace darkroom::storage {

Statement::~Statement() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

void Statement::check_binding(int result) {
    DARKROOM_CHECK(
        result != SQLITE_RANGE && result != SQLITE_MISUSE,
        "a parameter does not fit its statement: {}",
        sqlite3_sql(statement_));
    if (result != SQLITE_OK) is_bound_ = false;
}

void Statement::bind(int index, std::int64_t value) {
    check_binding(sqlite3_bind_int64(statement_, index, value));
}

void Statement::bind(int index, double value) {
    check_binding(sqlite3_bind_double(statement_, index, value));
}

void Statement::bind(int index, std::string_view value) {
    // A null pointer would bind NULL instead of an empty text.
    const char* data = value.empty() ? "" : value.data();
    check_binding(
        sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int index, std::nullopt_t) {
    check_binding(sqlite3_bind_null(statement_, index));
}

Result<bool> Statement::step() {
    if (!is_bound_) return sqlite_error(sqlite3_db_handle(statement_), "task database");
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return sqlite_error(sqlite3_db_handle(statement_), "task database");
}

Result<void> Statement::run() {
    DARKROOM_TRY_ASSIGN(const bool has_row, step());
    DARKROOM_CHECK(!has_row, "a row nobody asked for: {}", sqlite3_sql(statement_));
    return {};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) const {
    const unsigned char* data = sqlite3_column_text(statement_, column);
    if (data == nullptr) return {};
    const int size = sqlite3_column_bytes(statement_, column);
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

}  // namespace darkroom::storage
