// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/error.h"

struct sqlite3;

namespace darkroom::storage {

/// The Error for the connection's last failed call: insufficient_storage for a full disk,
/// resource_exhausted for a lack of memory, permission_denied for a read-only one, corrupt_input
/// for a damaged file, unavailable for a busy or failing one, conflict for a broken uniqueness or
/// check, internal for the rest.
Error sqlite_error(sqlite3* connection, std::string_view action);

}  // namespace darkroom::storage
