// SPDX-License-Identifier: Apache-2.0
#include "storage/model_store.h"

namespace darkroom::storage {

Result<void> validate(const ModelRow& row) {
    if (row.type.empty()) return Error{ErrorCode::invalid_argument, "a model has a type", "type"};
    if (row.name.empty()) return Error{ErrorCode::invalid_argument, "a model has a name", "name"};
    return {};
}

}  // namespace darkroom::storage
