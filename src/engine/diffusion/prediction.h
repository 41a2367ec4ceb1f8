// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "engine/tensor/tensor.h"

namespace darkroom::engine {

/// What a network was trained to output: the noise, or the velocity of Salimans & Ho 2022.
enum class Prediction { eps, v };

std::string_view to_string(Prediction prediction);

/// Preconditioning at one sigma: denoised = c_skip x + c_out F(c_in x, t(sigma)).
/// Karras et al. 2022, eq. 7, with the values of k-diffusion's external.py.
struct Scalings {
    float c_in = 1.0F;
    float c_skip = 1.0F;
    float c_out = 0.0F;
};

Scalings scalings(float sigma, Prediction prediction);

/// Denoised latent in sigma space from x [1, 4, h, w] (not scaled) and what the network answered to
/// c_in x at t(sigma). Shape and dtype of x.
Tensor to_denoised(const Tensor& x, const Tensor& model_output, float sigma, Prediction prediction);

/// Noise in the variance-preserving space, where x = sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) eps,
/// from what the network answered to x itself.
Tensor to_noise(
    const Tensor& x, const Tensor& model_output, float alpha_cumprod, Prediction prediction);

}  // namespace darkroom::engine
