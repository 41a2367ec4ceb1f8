// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_error.h"

#include <cerrno>

#include <sqlite3.h>

#include "base/format.h"

namespace darkroom::storage {
namespace {

ErrorCode code_for_system_error(int error_number) {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            return ErrorCode::insufficient_storage;
        case ENOMEM:
            return ErrorCode::resource_exhausted;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorCode::permission_denied;
        case ENOENT:
        case ENOTDIR:
            return ErrorCode::not_found;
        default:
            return ErrorCode::unavailable;
    }
}

ErrorCode code_for(int primary_result, int error_number) {
    switch (primary_result) {
        case SQLITE_FULL:
            return ErrorCode::insufficient_storage;
        case SQLITE_NOMEM:
            return ErrorCode::resource_exhausted;
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return ErrorCode::permission_denied;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorCode::corrupt_input;
        case SQLITE_TOOBIG:
            return ErrorCode::payload_too_large;
        case SQLITE_CONSTRAINT:
            return ErrorCode::conflict;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_INTERRUPT:
            return ErrorCode::unavailable;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
            return code_for_system_error(error_number);
        default:
            return ErrorCode::internal;
    }
}

}  // namespace

Error sqlite_error(sqlite3* connection, std::string_view action) {
    const int result = sqlite3_extended_errcode(connection);
    const int error_number = sqlite3_system_errno(connection);
    return Error{
        code_for(result & 0xff, error_number),
        format("{}: {} (SQLite {})", action, sqlite3_errmsg(connection), result)};
}

}  // namespace darkroom::storage
