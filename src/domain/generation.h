// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::domain {

/// What an image-to-image generation starts from. Values of the wire words are A1111's.
struct InitImages {
    /// Object keys: one picture for all, or one for each of a batch.
    std::vector<std::string> pictures = {};
    /// Object key; empty without a mask, and then no member below it has an effect.
    std::string mask = {};

    /// Share of the steps that is run, 0 to 1.
    double denoising_strength = 0.75;
    double noise_multiplier = 1.0;
    /// How a picture of another size is fitted: 0 stretch, 1 crop, 2 fill.
    std::int64_t resize_mode = 0;

    /// Standard deviations in pixels of the mask.
    std::int64_t mask_blur_x = 4;
    std::int64_t mask_blur_y = 4;
    bool is_mask_rounded = true;
    bool is_mask_inverted = false;
    /// What the masked part starts from: 0 fill, 1 original, 2 latent noise, 3 latent nothing.
    std::int64_t masked_content = 0;
    /// Only the box around the masked part is drawn, in the full size, and put back.
    bool is_only_masked = true;
    /// Pixels around that box.
    std::int64_t masked_padding = 0;
};

/// What to draw, with every choice made: the seed is fixed, names are resolved, sizes are floored
/// to multiples of 8. The same values give the same bytes on every agent of one kind.
struct Generation {
    std::string prompt;
    std::string negative_prompt;

    /// Checkpoint name as the models folder knows it (file name without extension).
    std::string model;

    std::int64_t width = 512;
    std::int64_t height = 512;
    std::int64_t steps = 20;
    double cfg_scale = 7.0;
    /// Exact sampler name, "Euler a".
    std::string sampler;
    /// Schedule label as asked for, "Karras" or "Automatic".
    std::string schedule = "Automatic";

    std::int64_t batch_size = 1;
    std::int64_t iterations = 1;

    /// Seed of picture i is seed + i, unless subseed_strength is not 0; then all have `seed` and
    /// the subseeds count up.
    std::uint64_t seed = 0;
    std::uint64_t subseed = 0;
    double subseed_strength = 0.0;
    /// Size that the noise is drawn at, when both are above 0.
    std::int64_t seed_resize_from_w = 0;
    std::int64_t seed_resize_from_h = 0;
    /// "GPU", "CPU" or "NV".
    std::string randn_source = "GPU";
    std::int64_t eta_noise_seed_delta = 0;

    /// 1 is the last hidden state of the text encoder.
    std::int64_t clip_skip = 1;
    /// "None", "Ignore", "Original" or "No norm".
    std::string emphasis = "Original";

    /// Sampler parameters; absent means the sampler's own default.
    std::optional<double> eta;
    double s_churn = 0.0;
    double s_tmin = 0.0;
    /// 0 is no upper bound.
    double s_tmax = 0.0;
    double s_noise = 1.0;

    /// Absent in text-to-image.
    std::optional<InitImages> init = {};
};

/// How a picture came to be: written beside its parameters, so that equal receipts and equal
/// parameters mean equal bytes.
struct Receipt {
    std::string checkpoint_sha256;
    /// Backend fingerprint: instruction set, dtype and library versions.
    std::string engine;
    std::string version;
};

}  // namespace darkroom::domain
