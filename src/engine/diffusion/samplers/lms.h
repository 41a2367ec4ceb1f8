// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/diffusion/sampler.h"

namespace darkroom::engine {

/// Linear multistep (Adams-Bashforth of order up to 4 on the uneven sigma grid). One call a step,
/// draws nothing. k-diffusion, sample_lms, with the integrals exact.
Sampler lms(SamplerInputs in);

}  // namespace darkroom::engine
