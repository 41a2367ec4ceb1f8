// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace darkroom::api {

/// Which of a request's sampler parameters a sampler takes (a1111-api.md 2.7).
struct SamplerParameters {
    enum class Eta {
        none,
        /// Default and option `eta_ancestral`, 1.
        ancestral,
        /// Default and option `eta_ddim`, 0.
        ddim,
    };

    Eta eta = Eta::none;
    /// s_churn, s_tmin and s_tmax.
    bool takes_churn = false;
    bool takes_noise = false;
    /// Counts in timesteps instead of sigmas: the schedule has no effect.
    bool is_timestep_sampler = false;
};

/// The row of a sampler's exact name; one that is not in the table takes nothing.
SamplerParameters sampler_parameters(std::string_view sampler);

}  // namespace darkroom::api
