// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "domain/function.h"
#include "runtime/task.h"
#include "storage/function_store.h"

namespace darkroom::control {

/// The functions of this server: what their store says, at hand without asking it, and which of
/// their checkpoints could not be loaded. Thread-safe.
class FunctionRegistry {
  public:
    /// `known` is what the store lists; nobody else changes it.
    FunctionRegistry(storage::FunctionStore& store, std::vector<domain::Function> known);

    /// By checkpoint.
    [[nodiscard]] std::vector<domain::Function> all();
    [[nodiscard]] std::optional<domain::Function> find(const std::string& checkpoint);
    /// With defaults when there is no such function.
    [[nodiscard]] domain::FunctionSettings settings(const std::string& checkpoint);

    // As the operations of FunctionStore.
    runtime::Task<domain::Function> ensure(std::string checkpoint);
    runtime::Task<domain::Function> change(storage::FunctionUpdate update);
    runtime::Task<domain::Function> remove(std::string name);
    /// A function that was removed meanwhile is not counted.
    runtime::Task<void> count(std::string checkpoint, domain::FunctionUsage usage);

    /// The checkpoint could not be loaded, or was; an empty reason is success.
    void set_load_failure(const std::string& checkpoint, std::string reason);
    /// Empty when the last load went well.
    [[nodiscard]] std::string load_failure(const std::string& checkpoint);
    /// False for a minute after a load that failed: nobody waits for the next one.
    [[nodiscard]] bool may_load_ahead(const std::string& checkpoint);

  private:
    struct Failure {
        std::string reason;
        std::chrono::steady_clock::time_point when;
    };

    void keep(const domain::Function& function);

    storage::FunctionStore& store_;
    Guarded<std::map<std::string, domain::Function>> functions_;
    Guarded<std::map<std::string, Failure>> failures_;
};

}  // namespace darkroom::control
