// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "fault/history.h"

namespace darkroom::fault {

/// Holds what the clients were told against what is there in the end: the invariants of
/// scale-out.md 5.2 that one machine can break (I1, I2, I4, I5, I7, I8, I11, I12, I14). Each
/// violation is a sentence; none means that nothing was lost.
std::vector<std::string> violations(
    const History& history, const std::vector<FinalTask>& final_tasks);

}  // namespace darkroom::fault
