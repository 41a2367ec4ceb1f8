// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "storage/function_store.h"
#include "storage/sqlite/sqlite_database.h"

namespace darkroom::storage {

/// FunctionStore in a SqliteDatabase.
class SqliteFunctionStore final : public FunctionStore {
  public:
    explicit SqliteFunctionStore(std::shared_ptr<SqliteDatabase> database)
        : database_(std::move(database)) {}

    void ensure(std::string checkpoint, Completion<domain::Function> done) override;
    void list(Completion<std::vector<domain::Function>> done) override;
    void change(FunctionUpdate update, Completion<domain::Function> done) override;
    void count(FunctionUse use, Completion<domain::Function> done) override;
    void remove(std::string name, Completion<domain::Function> done) override;

  private:
    std::shared_ptr<SqliteDatabase> database_;
};

}  // namespace darkroom::storage
