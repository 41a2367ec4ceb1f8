// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/diffusion/sampler.h"

namespace darkroom::engine {

/// DPM-Solver++(2M): second-order multistep in log sigma. One call a step, draws nothing.
/// Lu et al. 2022, algorithm 2; k-diffusion, sample_dpmpp_2m.
Sampler dpmpp_2m(SamplerInputs in);

}  // namespace darkroom::engine
