// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "domain/sampling.h"

namespace darkroom::agent {

/// What the engine can sample with, in the words of the serving tower. Sampler options are listed
/// as A1111 lists them: {"scheduler": "karras", "uses_ensd": "True"}.
domain::SamplingCatalog sampling_catalog();

}  // namespace darkroom::agent
