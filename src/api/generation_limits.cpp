// SPDX-License-Identifier: Apache-2.0
#include "api/generation_limits.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "api/options.h"
#include "api/request_fields.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

using Generation = domain::Generation;

json::Array body_location(std::string_view field) {
    return {"body", field};
}

/// Collects entries while the checks read like a table.
class Checks {
  public:
    template <class T>
    void range(std::string_view field, T value, T minimum, T maximum) {
        if (value > maximum) {
            errors_.push_back(above_maximum(body_location(field), maximum));
        } else if (!(value >= minimum)) {  // NaN too
            errors_.push_back(below_minimum(body_location(field), minimum));
        }
    }

    void require(bool holds, std::string_view field, std::string message) {
        if (!holds) errors_.push_back({body_location(field), std::move(message)});
    }

    std::vector<FieldError> take() { return std::move(errors_); }

  private:
    std::vector<FieldError> errors_;
};

void check_prompt(Checks& checks, std::string_view field, const std::string& prompt) {
    checks.require(
        static_cast<std::int64_t>(prompt.size()) <= kMaxPromptBytes,
        field,
        format("ensure this value has at most {} bytes", kMaxPromptBytes));
}

bool has_side(std::int64_t side) {
    return side >= kMinSide && side <= kMaxSide;
}

void check_size(Checks& checks, const Generation& g) {
    checks.range("width", g.width, kMinSide, kMaxSide);
    checks.range("height", g.height, kMinSide, kMaxSide);
    if (!has_side(g.width) || !has_side(g.height)) return;
    checks.require(
        g.width * g.height <= kMaxPixels,
        "width",
        format("ensure that width times height is at most {} pixels", kMaxPixels));
}

void check_count(Checks& checks, const Generation& g) {
    const bool counted = g.batch_size >= 1 && g.batch_size <= kMaxPictures && g.iterations >= 1 &&
                         g.iterations <= kMaxPictures;
    checks.range("batch_size", g.batch_size, std::int64_t{1}, kMaxPictures);
    checks.range("n_iter", g.iterations, std::int64_t{1}, kMaxPictures);
    if (!counted) return;
    const std::int64_t pictures = g.batch_size * g.iterations;
    checks.require(
        pictures <= kMaxPictures,
        "n_iter",
        format("ensure that batch_size times n_iter is at most {}", kMaxPictures));
    if (pictures > kMaxPictures || !has_side(g.width) || !has_side(g.height)) return;
    checks.require(
        pictures * g.width * g.height <= kMaxTotalPixels,
        "n_iter",
        format("ensure that all pictures together have at most {} pixels", kMaxTotalPixels));
}

void check_seeds(Checks& checks, const Generation& g) {
    const auto max_seed = static_cast<std::uint64_t>(kMaxSeed);
    if (g.seed > max_seed) checks.range("seed", INT64_MAX, std::int64_t{-1}, kMaxSeed);
    if (g.subseed > max_seed) checks.range("subseed", INT64_MAX, std::int64_t{-1}, kMaxSeed);
    checks.range("subseed_strength", g.subseed_strength, 0.0, 1.0);
    if (g.seed_resize_from_w > 0 && g.seed_resize_from_h > 0) {
        checks.range("seed_resize_from_w", g.seed_resize_from_w, kMinSide, kMaxSide);
        checks.range("seed_resize_from_h", g.seed_resize_from_h, kMinSide, kMaxSide);
        const bool sided = has_side(g.seed_resize_from_w) && has_side(g.seed_resize_from_h);
        checks.require(
            !sided || g.seed_resize_from_w * g.seed_resize_from_h <= kMaxPixels,
            "seed_resize_from_w",
            format("ensure that the size to resize from has at most {} pixels", kMaxPixels));
    }
}

void check_init(Checks& checks, const domain::InitImages& init) {
    checks.range("denoising_strength", init.denoising_strength, 0.0, 1.0);
    checks.range("initial_noise_multiplier", init.noise_multiplier, 0.0, kMaxNoise);
    checks.require(
        init.resize_mode != 3,
        "resize_mode",
        "not supported by this version: leave it 0, 1 or 2 (latent upscale is 3)");
    if (init.resize_mode != 3)
        checks.range("resize_mode", init.resize_mode, std::int64_t{0}, std::int64_t{2});
    checks.range("mask_blur_x", init.mask_blur_x, std::int64_t{0}, kMaxMaskBlur);
    checks.range("mask_blur_y", init.mask_blur_y, std::int64_t{0}, kMaxMaskBlur);
    checks.range("inpainting_fill", init.masked_content, std::int64_t{0}, std::int64_t{3});
    checks.range("inpaint_full_res_padding", init.masked_padding, std::int64_t{0}, kMaxSide);
}

void check_words(Checks& checks, const Generation& g) {
    const auto known = [](const auto& words, const std::string& word) {
        return std::ranges::find(words, word) != words.end();
    };
    checks.require(
        known(kRandnSources, g.randn_source), "randn_source", "noise source is not GPU, CPU or NV");
    checks.require(
        known(kEmphasisModes, g.emphasis),
        "emphasis",
        "emphasis is not None, Ignore, Original or No norm");
    checks.require(!g.sampler.empty(), "sampler_name", "no sampler");
    checks.require(!g.schedule.empty(), "scheduler", "no schedule");
    checks.require(!g.model.empty(), "sd_model_checkpoint", "no checkpoint");
}

}  // namespace

std::vector<FieldError> limit_errors(const Generation& g) {
    Checks checks;
    check_prompt(checks, "prompt", g.prompt);
    check_prompt(checks, "negative_prompt", g.negative_prompt);
    check_seeds(checks, g);
    check_count(checks, g);
    checks.range("steps", g.steps, std::int64_t{1}, kMaxSteps);
    checks.range("cfg_scale", g.cfg_scale, -kMaxCfgScale, kMaxCfgScale);
    check_size(checks, g);
    checks.range("eta", g.eta.value_or(0.0), 0.0, kMaxEta);
    checks.range("s_churn", g.s_churn, 0.0, kMaxSigma);
    checks.range("s_tmax", g.s_tmax, 0.0, kMaxSigma);
    checks.range("s_tmin", g.s_tmin, 0.0, kMaxSigma);
    checks.range("s_noise", g.s_noise, 0.0, kMaxNoise);
    checks.range("CLIP_stop_at_last_layers", g.clip_skip, std::int64_t{1}, kMaxClipSkip);
    checks.range("eta_noise_seed_delta", g.eta_noise_seed_delta, -kMaxSeedDelta, kMaxSeedDelta);
    if (g.init) check_init(checks, *g.init);
    check_words(checks, g);
    return checks.take();
}

Result<void> check_limits(const Generation& generation) {
    const std::vector<FieldError> errors = limit_errors(generation);
    if (errors.empty()) return {};
    const FieldError& first = errors.front();
    return Error{ErrorCode::invalid_argument, first.message, first.location.back().as_string()};
}

}  // namespace darkroom::api
