// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace darkroom::runtime {

/// Tells the service manager that started this process how it stands, "READY=1" or "STOPPING=1",
/// as sd_notify(3) does: one datagram to the socket that $NOTIFY_SOCKET names, a path or "@" and an
/// abstract name. An empty name does nothing. Fails with invalid_argument (no such name can be) or
/// unavailable.
Result<void> notify_service(const std::string& socket_name, std::string_view state);

}  // namespace darkroom::runtime
