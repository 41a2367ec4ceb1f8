// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/diffusion/image_noise.h"
#include "engine/diffusion/sampler_inputs.h"
#include "engine/pipelines/conditioning.h"
#include "image/image.h"

namespace darkroom::engine {

/// What the masked part of a picture starts from.
enum class MaskedContent { original, latent_noise, latent_nothing };

/// What an image-to-image request starts from.
struct InitPictures {
    /// RGB of the request's size: one for all pictures of the request, or one for each of a batch.
    std::vector<image::Image> pictures;
    /// Share of the steps that is run, 0 to 1.
    double strength = 0.75;
    /// Scales the noise that is added at the start.
    float noise_multiplier = 1.0F;
    /// How much each place of the latent is repainted, row by row: 0 keeps, 1 repaints. Empty
    /// repaints everything.
    std::vector<float> mask = {};
    MaskedContent masked_content = MaskedContent::original;
};

/// A request with every choice made: text to image, or image to image with `init`.
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

    std::optional<InitPictures> init = std::nullopt;

    [[nodiscard]] int pictures() const { return batch_size * iterations; }
};

/// Bounds of one request.
inline constexpr int kMaxRequestSteps = 1000;
inline constexpr int kMaxPictures = 64;
inline constexpr std::int64_t kMaxPixels = std::int64_t{16} << 20;

/// Refuses, with invalid_argument and the field, what the session cannot draw.
Result<void> validate(const ImageRequest& request);

/// A1111's t_enc of a request with `init`: int(min(strength, 0.999) * steps).
int encoded_step(const ImageRequest& request);

/// Steps that one picture takes, for progress: t_enc + 1 with `init`.
int steps_of_picture(const ImageRequest& request);

/// Noise options of picture `index`.
NoiseOptions noise_of_picture(const ImageRequest& request, int index);

}  // namespace darkroom::engine
