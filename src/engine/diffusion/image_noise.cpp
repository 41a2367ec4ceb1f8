// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/image_noise.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/check.h"

namespace darkroom::engine {

namespace {

/// Pixels of a picture to one of a latent.
constexpr int kPixelsPerLatent = 8;
constexpr int kMaxSeedResize = 16'384;
constexpr double kAlmostParallel = 0.9995;

std::size_t count(const LatentShape& shape) {
    return static_cast<std::size_t>(shape.channels * shape.height * shape.width);
}

std::vector<float> draw(NormalGenerator& generator, const LatentShape& shape) {
    std::vector<float> values(count(shape));
    generator.draw(values);
    return values;
}

std::vector<float> fresh_noise(RandnSource source, std::uint64_t seed, const LatentShape& shape) {
    const auto generator = make_generator(source, seed);
    return draw(*generator, shape);
}

/// Where an axis of the source lies on the same axis of the target when centred. As A1111 rounds, a
/// source that is larger by an odd number leaves the target's last row or column uncovered.
struct CentredAxis {
    std::int64_t source = 0;
    std::int64_t target = 0;
    std::int64_t extent = 0;
};

CentredAxis centre(std::int64_t source, std::int64_t target) {
    if (source <= target) return {.target = (target - source) / 2, .extent = source};
    const std::int64_t cut = (source - target + 1) / 2;
    return {.source = cut, .extent = source - 2 * cut};
}

struct Pasted {
    std::span<const float> noise;
    LatentShape shape;
};

void paste_centred(const Pasted& source, std::span<float> target, const LatentShape& target_shape) {
    const CentredAxis y = centre(source.shape.height, target_shape.height);
    const CentredAxis x = centre(source.shape.width, target_shape.width);
    for (std::int64_t c = 0; c < target_shape.channels; ++c) {
        for (std::int64_t row = 0; row < y.extent; ++row) {
            const std::int64_t from =
                (c * source.shape.height + y.source + row) * source.shape.width + x.source;
            const std::int64_t to =
                (c * target_shape.height + y.target + row) * target_shape.width + x.target;
            std::copy_n(source.noise.begin() + from, x.extent, target.begin() + to);
        }
    }
}

/// Cosine of the angle between two strided vectors.
double cosine(const float* a, const float* b, std::int64_t length, std::int64_t stride) {
    double dot = 0.0;
    double norm_a = 0.0;
    double norm_b = 0.0;
    for (std::int64_t i = 0; i < length; ++i) {
        const double va = static_cast<double>(a[i * stride]);
        const double vb = static_cast<double>(b[i * stride]);
        dot += va * vb;
        norm_a += va * va;
        norm_b += vb * vb;
    }
    return std::clamp(dot / std::sqrt(norm_a * norm_b), -1.0, 1.0);
}

struct Weights {
    float low = 0.0F;
    float high = 0.0F;
};

Weights slerp_weights(double cosine_of_angle, double strength) {
    const double angle = std::acos(cosine_of_angle);
    const double sine = std::sin(angle);
    // Parallel vectors have no plane to turn in; A1111 gets NaN here.
    if (!(sine > 0.0)) {
        return {.low = static_cast<float>(1.0 - strength), .high = static_cast<float>(strength)};
    }
    return {
        .low = static_cast<float>(std::sin((1.0 - strength) * angle) / sine),
        .high = static_cast<float>(std::sin(strength * angle) / sine)};
}

}  // namespace

Result<void> validate(const NoiseOptions& options) {
    if (!std::isfinite(options.subseed_strength)) {
        return Error{
            .code = ErrorCode::invalid_argument,
            .message = "subseed_strength must be a finite number",
            .field = "subseed_strength"};
    }
    const auto too_large = [](int pixels, const char* field) {
        return Error{
            .code = ErrorCode::invalid_argument,
            .message = format("{} must be at most {}: {}", field, kMaxSeedResize, pixels),
            .field = field};
    };
    if (options.seed_resize_from_w > kMaxSeedResize) {
        return too_large(options.seed_resize_from_w, "seed_resize_from_w");
    }
    if (options.seed_resize_from_h > kMaxSeedResize) {
        return too_large(options.seed_resize_from_h, "seed_resize_from_h");
    }
    return {};
}

ImageNoise::ImageNoise(Backend& backend, LatentShape shape, const NoiseOptions& options)
    : backend_(backend),
      shape_(shape),
      options_(options),
      generator_(make_generator(options.randn_source, options.seed)) {
    DARKROOM_CHECK(
        shape.channels > 0 && shape.height > 0 && shape.width > 0,
        "latent of {} x {} x {}",
        shape.channels,
        shape.height,
        shape.width);
    const Result<void> valid = validate(options);
    DARKROOM_CHECK(valid.has_value(), "{}", valid.error().message);
}

Tensor ImageNoise::next() {
    std::vector<float> values = is_first_ ? first_draw() : draw(*generator_, shape_);
    if (is_first_ && options_.eta_noise_seed_delta != 0) {
        const auto delta = static_cast<std::uint64_t>(options_.eta_noise_seed_delta);
        generator_ = make_generator(options_.randn_source, options_.seed + delta);
    }
    is_first_ = false;
    return backend_.upload(
        std::span<const float>(values), {1, shape_.channels, shape_.height, shape_.width});
}

std::vector<float> ImageNoise::first_draw() {
    LatentShape drawn = shape_;
    if (options_.seed_resize_from_w > 0 && options_.seed_resize_from_h > 0) {
        drawn.height = options_.seed_resize_from_h / kPixelsPerLatent;
        drawn.width = options_.seed_resize_from_w / kPixelsPerLatent;
    }
    // Whatever the size of `noise`, exactly one draw of the picture's own size is taken from
    // generator_, so that later draws do not depend on seed resizing.
    std::vector<float> own = draw(*generator_, shape_);
    std::vector<float> noise =
        drawn == shape_ ? own : fresh_noise(options_.randn_source, options_.seed, drawn);
    if (options_.subseed_strength != 0.0F) {
        const std::vector<float> other =
            fresh_noise(options_.randn_source, options_.subseed, drawn);
        noise = slerp(noise, other, drawn, options_.subseed_strength);
    }
    if (drawn == shape_) return noise;
    paste_centred({.noise = noise, .shape = drawn}, own, shape_);
    return own;
}

std::vector<float> slerp(
    std::span<const float> low,
    std::span<const float> high,
    const LatentShape& shape,
    float strength) {
    DARKROOM_CHECK(
        low.size() == count(shape) && high.size() == count(shape),
        "slerp of {} and {} numbers",
        low.size(),
        high.size());
    const std::int64_t width = shape.width;
    const std::int64_t plane = shape.height * width;
    if (low.empty()) return {};
    std::vector<double> cosines;
    double sum = 0.0;
    for (std::int64_t column = 0; column < shape.channels * width; ++column) {
        const std::int64_t begin = column / width * plane + column % width;
        cosines.push_back(cosine(low.data() + begin, high.data() + begin, shape.height, width));
        sum += cosines.back();
    }
    const bool is_parallel = sum > kAlmostParallel * static_cast<double>(cosines.size());
    std::vector<Weights> weights;
    for (const double angle_cosine : cosines) {
        weights.push_back(
            is_parallel ? Weights{.low = strength, .high = 1.0F - strength}
                        : slerp_weights(angle_cosine, static_cast<double>(strength)));
    }
    std::vector<float> result(low.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
        const auto flat = static_cast<std::int64_t>(i);
        const auto column = static_cast<std::size_t>(flat / plane * width + flat % width);
        result[i] = weights[column].low * low[i] + weights[column].high * high[i];
    }
    return result;
}

}  // namespace darkroom::engine
