// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/request.h"

#include <cmath>

#include "base/format.h"
#include "engine/diffusion/samplers/registry.h"
#include "engine/diffusion/schedules.h"

namespace darkroom::engine {
namespace {

constexpr std::int64_t kFactor = 8;

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
    return {};
}

NoiseOptions noise_of_picture(const ImageRequest& request, int index) {
    NoiseOptions noise = request.noise;
    const auto offset = static_cast<std::uint64_t>(index);
    if (noise.subseed_strength == 0.0F) noise.seed += offset;
    noise.subseed += offset;
    return noise;
}

}  // namespace darkroom::engine
