// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace darkroom::storage {

/// One step of the schema; the first is version 1.
struct Migration {
    std::string name;
    std::string sql;
};

/// Every step this binary knows, embedded at build from src/storage/migrations/sqlite.
std::vector<Migration> migrations();

}  // namespace darkroom::storage
