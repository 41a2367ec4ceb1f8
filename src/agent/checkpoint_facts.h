// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "domain/model.h"

namespace darkroom::agent {

/// Fills in what only a look into the file tells: family and native size. A file that cannot be
/// read is left as it is; drawing with it says why.
void checkpoint_facts(domain::ModelDescription& model);

}  // namespace darkroom::agent
