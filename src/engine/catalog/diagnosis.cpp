// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/diagnosis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/format.h"

namespace darkroom::engine {
namespace {

constexpr std::size_t kReadFloats = std::size_t{1} << 20;

bool is_training_leftover(std::string_view key) {
    static constexpr std::array<std::string_view, 6> kPrefixes = {
        "model_ema.",
        "first_stage_model.loss.",
        "first_stage_model.model_ema.",
        "cond_stage_model.logit_scale",
        "cond_stage_model.text_projection",
        "cond_stage_model.transformer.text_projection"};
    static constexpr std::array<std::string_view, 16> kBuffers = {
        "betas",
        "alphas_cumprod",
        "alphas_cumprod_prev",
        "sqrt_alphas_cumprod",
        "sqrt_one_minus_alphas_cumprod",
        "log_one_minus_alphas_cumprod",
        "sqrt_recip_alphas_cumprod",
        "sqrt_recipm1_alphas_cumprod",
        "posterior_variance",
        "posterior_log_variance_clipped",
        "posterior_mean_coef1",
        "posterior_mean_coef2",
        "logvar",
        "scale_factor",
        "v_pred",
        "ztsnr"};
    if (key.ends_with("embeddings.position_ids") || key.ends_with(".num_batches_tracked")) {
        return true;
    }
    return std::ranges::find(kBuffers, key) != kBuffers.end() ||
           std::ranges::any_of(
               kPrefixes, [&](std::string_view prefix) { return key.starts_with(prefix); });
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    return format("{}", fmt::join(shape, "x"));
}

std::vector<std::string> describe(const CheckpointConfig& config) {
    std::int64_t blocks = 0;
    for (const auto& block : config.unet.input_blocks)
        blocks += block.depth;
    for (const auto& block : config.unet.output_blocks)
        blocks += block.depth;
    blocks += config.unet.middle_depth;
    const std::int64_t heads = config.unet.heads.of(config.unet.model_channels);
    return {
        format(
            "UNet: {} channels, {} + {} blocks, {} transformer blocks, {} heads, context {}",
            config.unet.model_channels,
            config.unet.input_blocks.size(),
            config.unet.output_blocks.size(),
            blocks,
            heads,
            config.unet.context_width),
        format(
            "VAE: channels {}, factor {}, {} latent channels",
            fmt::join(config.vae.level_channels, "-"),
            config.vae.factor(),
            config.vae.latent_channels),
        format(
            "text encoder: {} layers of width {}, {} heads",
            config.text.layers,
            config.text.width,
            config.text.heads)};
}

void compare_keys(const Checkpoint& checkpoint, const CheckpointConfig& config, Diagnosis& found) {
    std::set<std::string, std::less<>> known;
    for (const KeyRecorder::Parameter& parameter : expected_parameters(config)) {
        ++found.expected;
        known.insert(parameter.key);
        const KeyShapes::Shape* shape = checkpoint.keys().find(parameter.key);
        if (shape == nullptr) {
            found.missing.push_back(parameter.key);
        } else if (shape_text(*shape) != to_string(parameter.shape)) {
            found.misshaped.push_back(format(
                "{} is {}, expected {}",
                parameter.key,
                shape_text(*shape),
                to_string(parameter.shape)));
        } else if (const StoredTensor* stored = checkpoint.find(parameter.key);
                   !is_floating(stored->type)) {
            found.misshaped.push_back(format(
                "{} holds {} numbers, expected floating point",
                parameter.key,
                to_string(stored->type)));
        }
    }
    for (const auto& [key, shape] : checkpoint.keys()) {
        if (known.contains(key)) continue;
        if (is_training_leftover(key)) {
            ++found.ignored;
        } else {
            found.unexpected.push_back(key);
        }
    }
}

std::size_t count_not_finite(const CheckpointFile& file, const StoredTensor& tensor) {
    std::vector<float> values;
    std::size_t count = 0;
    const auto total = static_cast<std::size_t>(tensor.numel());
    for (std::size_t begin = 0; begin < total; begin += kReadFloats) {
        values.resize(std::min(kReadFloats, total - begin));
        file.read_f32(tensor, begin, values);
        count += static_cast<std::size_t>(
            std::ranges::count_if(values, [](float v) { return !std::isfinite(v); }));
    }
    file.release(tensor);
    return count;
}

}  // namespace

Diagnosis diagnose(const Checkpoint& checkpoint, const DiagnosisOptions& options) {
    Diagnosis found;
    found.family = &checkpoint.family();
    const auto& tensors = checkpoint.file().table().tensors;
    found.tensors = tensors.size();
    const auto config = checkpoint.infer();
    if (config) {
        found.networks = describe(*config);
        compare_keys(checkpoint, *config, found);
    } else {
        found.obstacle = config.error().message;
    }
    std::size_t done = 0;
    for (const auto& [name, tensor] : tensors) {
        if (is_floating(tensor.type)) {
            const std::size_t bad = count_not_finite(checkpoint.file(), tensor);
            if (bad > 0)
                found.not_finite.push_back(format("{} holds {} NaN or infinite values", name, bad));
        }
        if (options.on_progress) options.on_progress(++done, tensors.size());
    }
    return found;
}

}  // namespace darkroom::engine
