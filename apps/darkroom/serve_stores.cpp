// SPDX-License-Identifier: Apache-2.0
#include "serve_stores.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace darkroom::app {
namespace {

constexpr std::int64_t kPage = 1'000;
/// The cost model keeps some 30 of each checkpoint in mind.
constexpr std::int32_t kTeachingTasks = 500;

}  // namespace

Result<ServeStores> ServeStores::open(const ServeOptions& options, Clock& clock) {
    ServeStores stores;
    DARKROOM_TRY_ASSIGN(
        stores.database, storage::SqliteDatabase::open(options.data / "tasks.db", clock));
    DARKROOM_TRY_ASSIGN(stores.tasks, storage::SqliteTaskStore::open(stores.database));
    DARKROOM_TRY_ASSIGN(
        stores.objects, storage::FilesystemObjectStore::open(options.data / "objects"));
    stores.models = std::make_unique<storage::SqliteModelStore>(stores.database);
    stores.functions = std::make_unique<storage::SqliteFunctionStore>(stores.database);
    stores.accounts = std::make_unique<storage::SqliteAccountStore>(stores.database);
    stores.audit = std::make_unique<storage::SqliteAuditLog>(stores.database);
    stores.webhooks = std::make_unique<storage::SqliteWebhookStore>(stores.database);
    std::error_code ignored;
    std::filesystem::create_directories(options.data / "cache", ignored);
    return stores;
}

Result<std::vector<domain::Function>> ServeStores::known_functions() const {
    return storage::wait(*functions, &storage::FunctionStore::list);
}

Result<std::vector<storage::DrawnTask>> ServeStores::drawn() const {
    const storage::DrawnFilter filter{.limit = kTeachingTasks};
    return storage::wait(*tasks, &storage::TaskStore::list_drawn, filter);
}

Result<std::vector<domain::Task>> ServeStores::queue() const {
    std::vector<domain::Task> queue;
    storage::TaskFilter filter;
    filter.states = {domain::TaskState::queued};
    filter.limit = kPage;
    while (true) {
        DARKROOM_TRY_ASSIGN(
            const std::vector<domain::Task> page,
            storage::wait(*tasks, &storage::TaskStore::list, filter));
        queue.insert(queue.end(), page.begin(), page.end());
        if (page.size() < static_cast<std::size_t>(kPage)) break;
        filter.before = page.back().id;
    }
    std::ranges::reverse(queue);
    return queue;
}

}  // namespace darkroom::app
