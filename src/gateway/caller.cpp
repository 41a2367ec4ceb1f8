// SPDX-License-Identifier: Apache-2.0
#include "gateway/caller.h"

#include <any>

#include "base/check.h"

namespace darkroom::gateway {

Caller caller_of(const http::Request& request) {
    const auto* caller = std::any_cast<Caller>(&request.identity);
    DARKROOM_CHECK(caller != nullptr, "a request came past the guard: {}", request.location.path);
    return *caller;
}

}  // namespace darkroom::gateway
