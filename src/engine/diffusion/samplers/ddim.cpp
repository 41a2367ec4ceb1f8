// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/samplers/ddim.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/arithmetic.h"

namespace darkroom::engine {

namespace {

/// Song et al. 2020, eq. 16.
double noise_level(double alpha, double next_alpha, double eta) {
    return eta * std::sqrt((1.0 - next_alpha) / (1.0 - alpha) * (1.0 - alpha / next_alpha));
}

}  // namespace

Sampler ddim(SamplerInputs in) {
    const double eta = static_cast<double>(in.options.eta.value_or(kDdimEta));
    Tensor x = in.start;
    for (const TimestepStep& s : in.timesteps) {
        const Tensor eps = co_await predict_noise(x, s);
        const double alpha = static_cast<double>(s.alpha);
        const double sigma = noise_level(alpha, s.next_alpha, eta);
        // Negative only for eta > 1.
        const double direction = std::sqrt(std::max(1.0 - s.next_alpha - sigma * sigma, 0.0));
        const Tensor denoised = (x - eps * static_cast<float>(std::sqrt(1.0 - alpha))) /
                                static_cast<float>(std::sqrt(alpha));
        const Tensor noise = in.draw();
        x = denoised * static_cast<float>(std::sqrt(s.next_alpha)) +
            eps * static_cast<float>(direction) + noise * static_cast<float>(sigma);
    }
    co_return x;
}

}  // namespace darkroom::engine
