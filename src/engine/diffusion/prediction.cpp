// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/prediction.h"

#include <cmath>

#include "engine/ops/elementwise.h"

namespace darkroom::engine {

std::string_view to_string(Prediction prediction) {
    switch (prediction) {
        case Prediction::eps:
            return "eps";
        case Prediction::v:
            return "v";
    }
    return "";
}

Scalings scalings(float sigma, Prediction prediction) {
    const double s = static_cast<double>(sigma);
    const double norm = std::sqrt(s * s + 1.0);
    const auto c_in = static_cast<float>(1.0 / norm);
    switch (prediction) {
        case Prediction::eps:
            return {.c_in = c_in, .c_skip = 1.0F, .c_out = -sigma};
        case Prediction::v:
            return {
                .c_in = c_in,
                .c_skip = static_cast<float>(1.0 / (s * s + 1.0)),
                .c_out = static_cast<float>(-s / norm)};
    }
    return {};
}

Tensor to_denoised(
    const Tensor& x, const Tensor& model_output, float sigma, Prediction prediction) {
    const Scalings c = scalings(sigma, prediction);
    return ops::combine(c.c_skip, x, c.c_out, model_output);
}

Tensor to_noise(
    const Tensor& x, const Tensor& model_output, float alpha_cumprod, Prediction prediction) {
    if (prediction == Prediction::eps) return model_output;
    const double alpha = static_cast<double>(alpha_cumprod);
    return ops::combine(
        static_cast<float>(std::sqrt(1.0 - alpha)),
        x,
        static_cast<float>(std::sqrt(alpha)),
        model_output);
}

}  // namespace darkroom::engine
