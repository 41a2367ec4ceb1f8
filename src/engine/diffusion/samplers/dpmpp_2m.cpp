// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/samplers/dpmpp_2m.h"

#include <cmath>

#include "engine/ops/arithmetic.h"

namespace darkroom::engine {

Sampler dpmpp_2m(SamplerInputs in) {
    Tensor x = in.start;
    Tensor old_denoised;
    double h_last = 0.0;
    for (const Step& s : in.steps) {
        const Tensor denoised = co_await denoise(x, s);
        // exp(-h); h is infinite where the step ends at sigma 0.
        const float decay = s.next_sigma / s.sigma;
        const double h = -std::log(static_cast<double>(decay));
        Tensor target = denoised;
        if (old_denoised && s.next_sigma > 0.0F) {
            const auto lead = static_cast<float>(h / (2.0 * h_last));
            target = denoised * (1.0F + lead) - old_denoised * lead;
        }
        x = x * decay + target * (1.0F - decay);
        old_denoised = denoised;
        h_last = h;
    }
    co_return x;
}

}  // namespace darkroom::engine
