// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engine/diffusion/noise_source.h"
#include "engine/diffusion/normal_generator.h"
#include "engine/tensor/backend.h"

namespace darkroom::engine {

/// Extents of one latent [1, channels, height, width].
struct LatentShape {
    std::int64_t channels = 4;
    std::int64_t height = 0;
    std::int64_t width = 0;

    bool operator==(const LatentShape&) const = default;
};

/// How the noise of one picture is made. Fields as A1111's request, seeds resolved.
struct NoiseOptions {
    std::uint64_t seed = 0;
    /// Mixed into the first draw where subseed_strength is not 0.
    std::uint64_t subseed = 0;
    float subseed_strength = 0.0F;
    /// Pixels; the first draw is made for this size and pasted centred. Off unless both are > 0.
    int seed_resize_from_w = 0;
    int seed_resize_from_h = 0;
    RandnSource randn_source = RandnSource::gpu;
    /// Not 0: draws after the first come from seed + this.
    std::int64_t eta_noise_seed_delta = 0;
};

/// Checks what a request may set. Fails with invalid_argument.
Result<void> validate(const NoiseOptions& options);

/// The noise of one picture, apart from all batch mates: equal options and shape give equal numbers
/// wherever and whenever it is drawn. Matches A1111's rng.py (ImageRNG) for one image.
class ImageNoise final : public NoiseSource {
  public:
    /// `backend` outlives the tensors. Throws ContractViolation unless the options are valid.
    ImageNoise(Backend& backend, LatentShape shape, const NoiseOptions& options);

    Tensor next() override;

  private:
    [[nodiscard]] std::vector<float> first_draw();

    Backend& backend_;
    LatentShape shape_;
    NoiseOptions options_;
    std::unique_ptr<NormalGenerator> generator_;
    bool is_first_ = true;
};

/// Spherical interpolation from `low` (strength 0) to `high` (1) of noise [channels, height,
/// width]: one angle per channel and column, between its vectors along the height, as A1111 takes
/// the norms. Almost equal inputs are mixed linearly with A1111's weights: strength belongs to
/// `low` then.
std::vector<float> slerp(
    std::span<const float> low,
    std::span<const float> high,
    const LatentShape& shape,
    float strength);

}  // namespace darkroom::engine
