// SPDX-License-Identifier: Apache-2.0
#include "gateway/caller.h"

namespace darkroom::gateway {

Caller caller_of(const http::Request& /*request*/) {
    return {.tenant = "local"};
}

}  // namespace darkroom::gateway
