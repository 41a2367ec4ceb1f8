// SPDX-License-Identifier: Apache-2.0
#include "control/function_registry.h"

#include <utility>

#include "control/store_call.h"

namespace darkroom::control {
namespace {

using storage::FunctionStore;

constexpr auto kPauseAfterFailure = std::chrono::seconds(60);

}  // namespace

FunctionRegistry::FunctionRegistry(
    storage::FunctionStore& store, std::vector<domain::Function> known)
    : store_(store) {
    for (const domain::Function& function : known)
        keep(function);
}

void FunctionRegistry::keep(const domain::Function& function) {
    functions_.lock()->insert_or_assign(function.checkpoint, function);
}

std::vector<domain::Function> FunctionRegistry::all() {
    std::vector<domain::Function> all;
    const auto functions = functions_.lock();
    for (const auto& [checkpoint, function] : *functions)
        all.push_back(function);
    return all;
}

std::optional<domain::Function> FunctionRegistry::find(const std::string& checkpoint) {
    const auto functions = functions_.lock();
    const auto found = functions->find(checkpoint);
    if (found == functions->end()) return std::nullopt;
    return found->second;
}

domain::FunctionSettings FunctionRegistry::settings(const std::string& checkpoint) {
    const std::optional<domain::Function> function = find(checkpoint);
    return function ? function->settings : domain::FunctionSettings{};
}

runtime::Task<domain::Function> FunctionRegistry::ensure(std::string checkpoint) {
    const std::optional<domain::Function> known = find(checkpoint);
    if (known) co_return *known;
    Result<domain::Function> made =
        co_await store_call(store_, &FunctionStore::ensure, std::move(checkpoint));
    if (made) keep(*made);
    co_return made;
}

runtime::Task<domain::Function> FunctionRegistry::change(storage::FunctionUpdate update) {
    Result<domain::Function> changed =
        co_await store_call(store_, &FunctionStore::change, std::move(update));
    if (changed) keep(*changed);
    co_return changed;
}

runtime::Task<domain::Function> FunctionRegistry::remove(std::string name) {
    Result<domain::Function> removed =
        co_await store_call(store_, &FunctionStore::remove, std::move(name));
    if (removed) {
        functions_.lock()->erase(removed->checkpoint);
        failures_.lock()->erase(removed->checkpoint);
    }
    co_return removed;
}

runtime::Task<void> FunctionRegistry::count(std::string checkpoint, domain::FunctionUsage usage) {
    storage::FunctionUse use{domain::function_name(checkpoint), usage};
    const Result<domain::Function> counted =
        co_await store_call(store_, &FunctionStore::count, std::move(use));
    if (counted) {
        const auto functions = functions_.lock();
        const auto found = functions->find(checkpoint);
        // Its settings may have changed on the way here.
        if (found != functions->end()) {
            found->second.usage = counted->usage;
            found->second.last_used_ms = counted->last_used_ms;
        }
        co_return Result<void>();
    }
    if (counted.error().code == ErrorCode::not_found) co_return Result<void>();
    co_return counted.error();
}

void FunctionRegistry::set_load_failure(const std::string& checkpoint, std::string reason) {
    const auto failures = failures_.lock();
    if (reason.empty()) {
        failures->erase(checkpoint);
    } else {
        failures->insert_or_assign(
            checkpoint, Failure{std::move(reason), std::chrono::steady_clock::now()});
    }
}

std::string FunctionRegistry::load_failure(const std::string& checkpoint) {
    const auto failures = failures_.lock();
    const auto found = failures->find(checkpoint);
    return found == failures->end() ? std::string() : found->second.reason;
}

bool FunctionRegistry::may_load_ahead(const std::string& checkpoint) {
    const auto failures = failures_.lock();
    const auto found = failures->find(checkpoint);
    return found == failures->end() ||
           std::chrono::steady_clock::now() - found->second.when > kPauseAfterFailure;
}

}  // namespace darkroom::control
