// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "command.h"
#include "domain/function.h"
#include "storage/filesystem/filesystem_object_store.h"
#include "storage/sqlite/sqlite_account_store.h"
#include "storage/sqlite/sqlite_audit_log.h"
#include "storage/sqlite/sqlite_function_store.h"
#include "storage/sqlite/sqlite_model_store.h"
#include "storage/sqlite/sqlite_task_store.h"
#include "storage/sqlite/sqlite_webhook_store.h"

namespace darkroom::app {

/// What lies in the data folder.
struct ServeStores {
    std::shared_ptr<storage::SqliteDatabase> database;
    std::unique_ptr<storage::SqliteTaskStore> tasks;
    std::unique_ptr<storage::FilesystemObjectStore> objects;
    std::unique_ptr<storage::SqliteModelStore> models;
    std::unique_ptr<storage::SqliteFunctionStore> functions;
    std::unique_ptr<storage::SqliteAccountStore> accounts;
    std::unique_ptr<storage::SqliteAuditLog> audit;
    std::unique_ptr<storage::SqliteWebhookStore> webhooks;

    /// Makes what is not there yet. Fails as SqliteDatabase::open, SqliteTaskStore::open and
    /// FilesystemObjectStore::open do.
    static Result<ServeStores> open(const ServeOptions& options, Clock& clock);

    [[nodiscard]] Result<std::vector<domain::Function>> known_functions() const;
    /// What the last tasks took that were drawn, oldest first.
    [[nodiscard]] Result<std::vector<storage::DrawnTask>> drawn() const;
    /// Tasks that wait from an earlier run, oldest first.
    [[nodiscard]] Result<std::vector<domain::Task>> queue() const;
};

}  // namespace darkroom::app
