// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/dry_run.h"

namespace darkroom::agent {

/// Counts tokens as the pipelines encode prompts. The vocabulary is read at the first call; the
/// function may be called from any thread.
api::CountTokens prompt_token_counter();

}  // namespace darkroom::agent
