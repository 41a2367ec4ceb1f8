// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/in_memory_model_store.h"

namespace darkroom::storage {

void InMemoryModelStore::put(ModelRow row, Completion<ModelRow> done) {
    const Result<void> valid = validate(row);
    if (!valid) {
        done(valid.error());
        return;
    }
    rows_.lock()->insert_or_assign({row.type, row.name}, row);
    done(std::move(row));
}

void InMemoryModelStore::list(Completion<std::vector<ModelRow>> done) {
    std::vector<ModelRow> rows;
    for (const auto& [key, row] : *rows_.lock())
        rows.push_back(row);
    done(std::move(rows));
}

}  // namespace darkroom::storage
