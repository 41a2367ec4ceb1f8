// SPDX-License-Identifier: Apache-2.0
#include "agent/rendering.h"

#include <array>
#include <limits>

#include "agent/sampling_catalog.h"
#include "api/infotext.h"
#include "base/format.h"
#include "image/png.h"

namespace darkroom::agent {
namespace {

constexpr std::array kEmphasis = {
    std::pair{std::string_view("None"), engine::EmphasisMode::none},
    std::pair{std::string_view("Ignore"), engine::EmphasisMode::ignore},
    std::pair{std::string_view("Original"), engine::EmphasisMode::original},
    std::pair{std::string_view("No norm"), engine::EmphasisMode::no_norm}};

Result<engine::EmphasisMode> emphasis_mode(const std::string& name) {
    for (const auto& [word, mode] : kEmphasis) {
        if (word == name) return mode;
    }
    return Error{ErrorCode::invalid_argument, format("unknown emphasis mode {}", name), "emphasis"};
}

Result<engine::NoiseOptions> noise_options(const domain::Generation& generation) {
    const auto source = engine::randn_source_from(generation.randn_source);
    if (!source) {
        return Error{
            ErrorCode::invalid_argument,
            format("unknown noise source {}", generation.randn_source),
            "randn_source"};
    }
    return engine::NoiseOptions{
        .seed = generation.seed,
        .subseed = generation.subseed,
        .subseed_strength = static_cast<float>(generation.subseed_strength),
        .seed_resize_from_w = static_cast<int>(generation.seed_resize_from_w),
        .seed_resize_from_h = static_cast<int>(generation.seed_resize_from_h),
        .randn_source = *source,
        .eta_noise_seed_delta = generation.eta_noise_seed_delta};
}

engine::SamplerOptions sampler_options(const domain::Generation& generation) {
    engine::SamplerOptions options;
    if (generation.eta) options.eta = static_cast<float>(*generation.eta);
    options.s_churn = static_cast<float>(generation.s_churn);
    options.s_tmin = static_cast<float>(generation.s_tmin);
    if (generation.s_tmax > 0) options.s_tmax = static_cast<float>(generation.s_tmax);
    options.s_noise = static_cast<float>(generation.s_noise);
    return options;
}

}  // namespace

Result<engine::ImageRequest> image_request(const domain::Generation& generation) {
    engine::ImageRequest request;
    request.prompt = generation.prompt;
    request.negative_prompt = generation.negative_prompt;
    request.conditioning.clip_skip = generation.clip_skip;
    DARKROOM_TRY_ASSIGN(request.conditioning.emphasis, emphasis_mode(generation.emphasis));
    request.width = generation.width;
    request.height = generation.height;
    request.steps = static_cast<int>(generation.steps);
    request.cfg_scale = static_cast<float>(generation.cfg_scale);
    request.sampler = generation.sampler;
    request.schedule = generation.schedule;
    request.sampler_options = sampler_options(generation);
    DARKROOM_TRY_ASSIGN(request.noise, noise_options(generation));
    request.batch_size = static_cast<int>(generation.batch_size);
    request.iterations = static_cast<int>(generation.iterations);
    DARKROOM_TRY(engine::validate(request));
    return request;
}

Result<Rendering> render(
    const domain::Generation& generation,
    const std::vector<image::Image>& pictures,
    const domain::Receipt& receipt) {
    const domain::ModelDescription model =
        domain::describe_model(generation.model + ".safetensors", receipt.checkpoint_sha256);
    const api::InfotextContext context = api::make_infotext_context(
        generation, model, sampling_catalog(), "darkroom " + receipt.version);
    Rendering rendering;
    rendering.result.receipt = receipt;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        std::string infotext = api::make_infotext(generation, index, context);
        const std::vector<image::TextChunk> texts = {
            {api::kInfotextKeyword, infotext}, {api::kReceiptKeyword, api::make_receipt(receipt)}};
        DARKROOM_TRY_ASSIGN(auto file, image::encode_png(pictures[i], texts));
        rendering.files.push_back(std::move(file));
        rendering.result.images.push_back(format("{}.png", i));
        rendering.result.infotexts.push_back(std::move(infotext));
        rendering.result.all_seeds.push_back(api::picture_seed(generation, index));
        rendering.result.all_subseeds.push_back(api::picture_subseed(generation, index));
    }
    return rendering;
}

}  // namespace darkroom::agent
