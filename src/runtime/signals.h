// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/task.h"

namespace darkroom::runtime {

/// Waits for SIGINT or SIGTERM and returns its number. Once it has returned, the next such signal
/// ends the process as usual. Fails with cancelled.
Task<int> wait_for_termination_signal();

}  // namespace darkroom::runtime
