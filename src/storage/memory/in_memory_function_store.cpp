// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/in_memory_function_store.h"

#include <algorithm>
#include <utility>

namespace darkroom::storage {

InMemoryFunctionStore::Functions::iterator InMemoryFunctionStore::find(
    Functions& functions, const std::string& name) {
    return std::ranges::find_if(
        functions, [&](const auto& entry) { return entry.second.name == name; });
}

void InMemoryFunctionStore::ensure(std::string checkpoint, Completion<domain::Function> done) {
    if (checkpoint.empty()) return done(nameless_checkpoint());
    Result<domain::Function> function = no_such_function();
    {
        const auto functions = functions_.lock();
        const auto added = functions->try_emplace(checkpoint).first;
        if (added->second.name.empty()) {
            added->second = domain::make_function(std::move(checkpoint), clock_.wall_ms());
        }
        function = added->second;
    }
    done(std::move(function));
}

void InMemoryFunctionStore::list(Completion<std::vector<domain::Function>> done) {
    std::vector<domain::Function> all;
    {
        const auto functions = functions_.lock();
        for (const auto& [checkpoint, function] : *functions)
            all.push_back(function);
    }
    done(std::move(all));
}

void InMemoryFunctionStore::change(FunctionUpdate update, Completion<domain::Function> done) {
    Result<domain::Function> outcome = no_such_function();
    {
        const auto functions = functions_.lock();
        const auto found = find(*functions, update.name);
        if (found != functions->end()) {
            auto settings = domain::changed(found->second.settings, update.change);
            if (settings) {
                found->second.settings = *std::move(settings);
                outcome = found->second;
            } else {
                outcome = settings.error();
            }
        }
    }
    done(std::move(outcome));
}

void InMemoryFunctionStore::count(FunctionUse use, Completion<domain::Function> done) {
    Result<domain::Function> outcome = no_such_function();
    {
        const auto functions = functions_.lock();
        const auto found = find(*functions, use.name);
        if (found != functions->end()) {
            found->second = used(std::move(found->second), use.usage, clock_.wall_ms());
            outcome = found->second;
        }
    }
    done(std::move(outcome));
}

void InMemoryFunctionStore::remove(std::string name, Completion<domain::Function> done) {
    Result<domain::Function> outcome = no_such_function();
    {
        const auto functions = functions_.lock();
        const auto found = find(*functions, name);
        if (found != functions->end()) {
            outcome = std::move(found->second);
            functions->erase(found);
        }
    }
    done(std::move(outcome));
}

}  // namespace darkroom::storage
