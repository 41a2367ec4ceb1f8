// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "domain/function.h"
#include "storage/sqlite/connection.h"

/// Rows of the function table; each may be run again after a rollback.
namespace darkroom::storage {

/// Every function, by checkpoint.
Result<std::vector<domain::Function>> list_functions(Connection& connection);

Result<std::optional<domain::Function>> find_function(
    Connection& connection, std::string_view name);

/// Inserts the row or replaces it as a whole.
Result<void> save_function(Connection& connection, const domain::Function& function);

Result<void> remove_function(Connection& connection, std::string_view name);

}  // namespace darkroom::storage
