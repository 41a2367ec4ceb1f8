// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "storage/function_store.h"

namespace darkroom::storage {

/// FunctionStore for tests: same rules, nothing survives it. Completions run before the call
/// returns.
class InMemoryFunctionStore final : public FunctionStore {
  public:
    /// `clock` must outlive the store.
    explicit InMemoryFunctionStore(Clock& clock) : clock_(clock) {}

    void ensure(std::string checkpoint, Completion<domain::Function> done) override;
    void list(Completion<std::vector<domain::Function>> done) override;
    void change(FunctionUpdate update, Completion<domain::Function> done) override;
    void count(FunctionUse use, Completion<domain::Function> done) override;
    void remove(std::string name, Completion<domain::Function> done) override;

  private:
    /// By checkpoint.
    using Functions = std::map<std::string, domain::Function>;

    static Functions::iterator find(Functions& functions, const std::string& name);

    Clock& clock_;
    Guarded<Functions> functions_;
};

}  // namespace darkroom::storage
