// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/request.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "engine/diffusion/samplers/registry.h"
#include "engine/diffusion/schedules.h"

namespace darkroom::engine {
namespace {

constexpr std::int64_t kFactor = 8;
constexpr std::size_t kRgb = 3;
/// More would leave nothing of the schedule to skip (A1111).
constexpr double kFullStrength = 0.999;

Error invalid(std::string field, std::string message) {
    return Error{ErrorCode::invalid_argument, std::move(message), std::move(field)};
}

Result<void> validate_size(const ImageRequest& request) {
    for (const auto& [field, extent] :
         {std::pair{"width", request.width}, std::pair{"height", request.height}}) {
        if (extent < kFactor || extent % kFactor != 0 || extent > kMaxPixels) {
            return invalid(
                field,
                format("{} must be a positive multiple of {}, not {}", field, kFactor, extent));
        }
    }
    if (request.width * request.height > kMaxPixels) {
        return invalid(
            "width",
            format("{} x {} is more than {} pixels", request.width, request.height, kMaxPixels));
    }
    return {};
}

Result<void> validate_init(const ImageRequest& request, const InitPictures& init) {
    const auto width = static_cast<std::size_t>(request.width);
    const auto height = static_cast<std::size_t>(request.height);
    if (init.pictures.empty() ||
        (init.pictures.size() != 1 &&
         init.pictures.size() != static_cast<std::size_t>(request.batch_size))) {
        return invalid(
            "init_images",
            format(
                "one picture to start from, or one for each of a batch, not {}",
                init.pictures.size()));
    }
    for (const image::Image& picture : init.pictures) {
        if (picture.width != width || picture.height != height || picture.channels != kRgb ||
            picture.pixels.size() != width * height * kRgb) {
            return invalid("init_images", "a picture to start from has another size");
        }
    }
    if (!(init.strength >= 0.0 && init.strength <= 1.0)) {
        return invalid("denoising_strength", "denoising_strength must be 0 to 1");
    }
    if (!std::isfinite(init.noise_multiplier)) {
        return invalid("initial_noise_multiplier", "the noise multiplier must be finite");
    }
    const std::size_t places =
        static_cast<std::size_t>(request.width / kFactor * (request.height / kFactor));
    const bool weighted =
        std::ranges::all_of(init.mask, [](float weight) { return weight >= 0 && weight <= 1; });
    if (!weighted || (!init.mask.empty() && init.mask.size() != places)) {
        return invalid("mask", format("a mask has {} weights from 0 to 1", places));
    }
    return {};
}

}  // namespace

Result<void> validate(const ImageRequest& request) {
    DARKROOM_TRY(validate_size(request));
    DARKROOM_TRY(validate(request.noise));
    if (request.steps < 1 || request.steps > kMaxRequestSteps) {
        return invalid(
            "steps", format("steps must be 1 to {}, not {}", kMaxRequestSteps, request.steps));
    }
    if (request.batch_size < 1 || request.iterations < 1 || request.batch_size > kMaxPictures ||
        request.iterations > kMaxPictures || request.pictures() > kMaxPictures) {
        return invalid(
            "batch_size", format("batch size times iterations must be 1 to {}", kMaxPictures));
    }
    if (!std::isfinite(request.cfg_scale)) {
        return invalid("cfg_scale", "cfg_scale must be a finite number");
    }
    if (find_sampler(request.sampler) == nullptr) {
        return invalid("sampler_name", format("unknown sampler {}", request.sampler));
    }
    if (find_schedule(request.schedule) == nullptr) {
        return invalid("scheduler", format("unknown schedule {}", request.schedule));
    }
    if (request.init) {
        DARKROOM_TRY(validate_init(request, *request.init));
    }
    return {};
}

int encoded_step(const ImageRequest& request) {
    return static_cast<int>(std::min(request.init->strength, kFullStrength) * request.steps);
}

int steps_of_picture(const ImageRequest& request) {
    return request.init ? encoded_step(request) + 1 : request.steps;
}

NoiseOptions noise_of_picture(const ImageRequest& request, int index) {
    NoiseOptions noise = request.noise;
    const auto offset = static_cast<std::uint64_t>(index);
    if (noise.subseed_strength == 0.0F) noise.seed += offset;
    noise.subseed += offset;
    return noise;
}

}  // namespace darkroom::engine
