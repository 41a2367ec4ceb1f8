// SPDX-License-Identifier: Apache-2.0
#include "storage/function_store.h"

namespace darkroom::storage {

Error no_such_function() {
    return Error{ErrorCode::not_found, "no such function", "functionName"};
}

Error nameless_checkpoint() {
    return Error{ErrorCode::invalid_argument, "must not be empty: checkpoint", "checkpoint"};
}

domain::Function used(
    domain::Function function, const domain::FunctionUsage& usage, std::int64_t wall_ms) {
    function.usage.requests += usage.requests;
    function.usage.pictures += usage.pictures;
    function.usage.failures += usage.failures;
    function.last_used_ms = wall_ms;
    return function;
}

}  // namespace darkroom::storage
