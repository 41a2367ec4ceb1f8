// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace darkroom::domain {

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
