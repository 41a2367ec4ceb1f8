// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "engine/diffusion/image_noise.h"
#include "engine/diffusion/sampler_inputs.h"
#include "engine/pipelines/conditioning.h"

namespace darkroom::engine {

/// A text-to-image request with every choice made.
struct ImageRequest {
    std::string prompt;
    std::string negative_prompt;
    ConditioningOptions conditioning;

    /// Pixels; multiples of the VAE's factor.
    std::int64_t width = 512;
    std::int64_t height = 512;
    int steps = 20;
    /// Guidance; 1 leaves the negative prompt out.
    float cfg_scale = 7.0F;
    /// Exact name from samplers().
    std::string sampler = "Euler a";
    /// Name, label or alias from schedules().
    std::string schedule = "automatic";
    SamplerOptions sampler_options;

    /// Noise of the first picture; picture i has seed + i and subseed + i, or the same seed for all
    /// when subseed_strength is not 0 (A1111's all_seeds).
    NoiseOptions noise;
    /// Pictures drawn side by side, and how often.
    int batch_size = 1;
    int iterations = 1;

    [[nodiscard]] int pictures() const { return batch_size * iterations; }
};

/// Bounds of one request.
inline constexpr int kMaxRequestSteps = 1000;
inline constexpr int kMaxPictures = 64;
inline constexpr std::int64_t kMaxPixels = std::int64_t{16} << 20;

/// Refuses, with invalid_argument and the field, what the session cannot draw.
Result<void> validate(const ImageRequest& request);

/// Noise options of picture `index`.
NoiseOptions noise_of_picture(const ImageRequest& request, int index);

}  // namespace darkroom::engine
