// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/samplers/heun.h"

#include "engine/diffusion/samplers/stochastic.h"
#include "engine/ops/arithmetic.h"

namespace darkroom::engine {

Sampler heun(SamplerInputs in) {
    Tensor x = in.start;
    for (const Step& s : in.steps) {
        const Tensor noise = in.draw();
        const float sigma = churned_sigma(s, in.options);
        if (sigma > s.sigma) x = x + noise * churn_noise(s.sigma, sigma, in.options);
        const Tensor denoised = co_await denoise(x, s, sigma);
        const Tensor d = (x - denoised) / sigma;
        const float dt = s.next_sigma - sigma;
        const Tensor predicted = x + d * dt;
        if (s.next_sigma == 0.0F) {
            x = predicted;
            continue;
        }
        const Tensor denoised_next = co_await denoise(predicted, s, s.next_sigma);
        const Tensor d_next = (predicted - denoised_next) / s.next_sigma;
        x = x + (d + d_next) * (0.5F * dt);
    }
    co_return x;
}

}  // namespace darkroom::engine
