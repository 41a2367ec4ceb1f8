// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/samplers/euler.h"

#include "engine/diffusion/samplers/stochastic.h"
#include "engine/ops/arithmetic.h"

namespace darkroom::engine {

Sampler euler(SamplerInputs in) {
    Tensor x = in.start;
    for (const Step& s : in.steps) {
        const Tensor noise = in.draw();
        const float sigma = churned_sigma(s, in.options);
        if (sigma > s.sigma) x = x + noise * churn_noise(s.sigma, sigma, in.options);
        const Tensor denoised = co_await denoise(x, s, sigma);
        const Tensor d = (x - denoised) / sigma;
        x = x + d * (s.next_sigma - sigma);
    }
    co_return x;
}

Sampler euler_ancestral(SamplerInputs in) {
    const float eta = in.options.eta.value_or(kAncestralEta);
    Tensor x = in.start;
    for (const Step& s : in.steps) {
        const Tensor denoised = co_await denoise(x, s);
        const auto [down, up] = ancestral_split(s, eta);
        const Tensor d = (x - denoised) / s.sigma;
        x = x + d * (down - s.sigma);
        if (s.next_sigma > 0.0F) {
            const Tensor noise = in.draw();
            x = x + noise * up;
        }
    }
    co_return x;
}

}  // namespace darkroom::engine
