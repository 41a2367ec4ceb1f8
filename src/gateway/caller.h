// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "http/message.h"

namespace darkroom::gateway {

/// Who sent a request, and on whose behalf.
struct Caller {
    std::string tenant;
};

/// As long as there are no keys, everybody is the tenant "local": loopback is trusted.
Caller caller_of(const http::Request& request);

}  // namespace darkroom::gateway
