// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite/sqlite_function_store.h"

#include <utility>

#include "storage/sqlite/function_row.h"

namespace darkroom::storage {
namespace {

Result<domain::Function> existing(Connection& connection, std::string_view name) {
    DARKROOM_TRY_ASSIGN(std::optional<domain::Function> function, find_function(connection, name));
    if (!function) return no_such_function();
    return *std::move(function);
}

}  // namespace

void SqliteFunctionStore::ensure(std::string checkpoint, Completion<domain::Function> done) {
    if (checkpoint.empty()) return done(nameless_checkpoint());
    database_->writer().enqueue<domain::Function>(
        [fresh = domain::make_function(std::move(checkpoint), database_->clock().wall_ms())](
            Connection& connection) -> Result<domain::Function> {
            DARKROOM_TRY_ASSIGN(
                std::optional<domain::Function> found, find_function(connection, fresh.name));
            if (found) return *std::move(found);
            DARKROOM_TRY(save_function(connection, fresh));
            return fresh;
        },
        std::move(done));
}

void SqliteFunctionStore::list(Completion<std::vector<domain::Function>> done) {
    database_->writer().enqueue<std::vector<domain::Function>>(list_functions, std::move(done));
}

void SqliteFunctionStore::change(FunctionUpdate update, Completion<domain::Function> done) {
    database_->writer().enqueue<domain::Function>(
        [update = std::move(update)](Connection& connection) -> Result<domain::Function> {
            DARKROOM_TRY_ASSIGN(domain::Function function, existing(connection, update.name));
            DARKROOM_TRY_ASSIGN(
                function.settings, domain::changed(std::move(function.settings), update.change));
            DARKROOM_TRY(save_function(connection, function));
            return function;
        },
        std::move(done));
}

void SqliteFunctionStore::count(FunctionUse use, Completion<domain::Function> done) {
    database_->writer().enqueue<domain::Function>(
        [use = std::move(use),
         now = database_->clock().wall_ms()](Connection& connection) -> Result<domain::Function> {
            DARKROOM_TRY_ASSIGN(domain::Function before, existing(connection, use.name));
            const domain::Function after = used(std::move(before), use.usage, now);
            DARKROOM_TRY(save_function(connection, after));
            return after;
        },
        std::move(done));
}

void SqliteFunctionStore::remove(std::string name, Completion<domain::Function> done) {
    database_->writer().enqueue<domain::Function>(
        [name = std::move(name)](Connection& connection) -> Result<domain::Function> {
            DARKROOM_TRY_ASSIGN(domain::Function function, existing(connection, name));
            DARKROOM_TRY(remove_function(connection, name));
            return function;
        },
        std::move(done));
}

}  // namespace darkroom::storage
