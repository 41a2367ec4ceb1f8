// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "domain/function.h"
#include "storage/completion.h"

namespace darkroom::storage {

/// Settings of a function to change.
struct FunctionUpdate {
    std::string name;
    domain::FunctionChange change;
};

/// What to add to a function's counters.
struct FunctionUse {
    std::string name;
    domain::FunctionUsage usage;
};

/// The functions of this server, one per checkpoint that was used or configured. Thread rules and
/// failures as TaskStore.
class FunctionStore {
  public:
    virtual ~FunctionStore() = default;

    /// The function of a checkpoint, made with default settings when there is none. Fails with
    /// invalid_argument for an empty name.
    virtual void ensure(std::string checkpoint, Completion<domain::Function> done) = 0;

    /// Every function, by checkpoint.
    virtual void list(Completion<std::vector<domain::Function>> done) = 0;

    /// Changes settings, all or none. Fails with not_found, or as domain::changed.
    virtual void change(FunctionUpdate update, Completion<domain::Function> done) = 0;

    /// Adds to the counters and stamps the time of use. Fails with not_found.
    virtual void count(FunctionUse use, Completion<domain::Function> done) = 0;

    /// Forgets a function, counters included, and returns what it was. Fails with not_found.
    virtual void remove(std::string name, Completion<domain::Function> done) = 0;
};

// The answers that every store gives in the same words.
Error no_such_function();
Error nameless_checkpoint();

/// The row after a use at that time.
domain::Function used(
    domain::Function function, const domain::FunctionUsage& usage, std::int64_t wall_ms);

}  // namespace darkroom::storage
