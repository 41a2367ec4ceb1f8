// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "storage/model_store.h"

namespace darkroom::storage {

/// ModelStore for tests.
class InMemoryModelStore final : public ModelStore {
  public:
    void put(ModelRow row, Completion<ModelRow> done) override;
    void list(Completion<std::vector<ModelRow>> done) override;

  private:
    /// By type and name.
    Guarded<std::map<std::pair<std::string, std::string>, ModelRow>> rows_;
};

}  // namespace darkroom::storage
