// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/family.h"

#include <array>
#include <charconv>

#include "base/check.h"
#include "base/format.h"

namespace darkroom::engine {
namespace {

constexpr AttentionHeads kEightHeads{.count = 8, .width = 0};
constexpr AttentionHeads kWidth64{.count = 0, .width = 64};
constexpr float kScaleSd = 0.18215f;    // LDM config v1-inference
constexpr float kScaleSdxl = 0.13025f;  // SGM config sd_xl_base

constexpr std::array kFamilies = {
    FamilyTraits{Family::sd1, "sd1", "Stable Diffusion 1.x", kEightHeads, kScaleSd, 512, true},
    FamilyTraits{
        Family::sd1_inpaint,
        "sd1-inpaint",
        "Stable Diffusion 1.x inpainting",
        kEightHeads,
        kScaleSd,
        512,
        false},
    FamilyTraits{
        Family::instruct_pix2pix,
        "instruct-pix2pix",
        "InstructPix2Pix",
        kEightHeads,
        kScaleSd,
        512,
        false},
    FamilyTraits{
        Family::alt_diffusion, "alt-diffusion", "AltDiffusion", kEightHeads, kScaleSd, 512, false},
    FamilyTraits{Family::sd2, "sd2", "Stable Diffusion 2.x", kWidth64, kScaleSd, 768, false},
    FamilyTraits{
        Family::sd2_inpaint,
        "sd2-inpaint",
        "Stable Diffusion 2.x inpainting",
        kWidth64,
        kScaleSd,
        512,
        false},
    FamilyTraits{
        Family::sd2_depth,
        "sd2-depth",
        "Stable Diffusion 2.x depth",
        kWidth64,
        kScaleSd,
        512,
        false},
    FamilyTraits{
        Family::sd2_unclip,
        "sd2-unclip",
        "Stable Diffusion 2.x unCLIP",
        kWidth64,
        kScaleSd,
        768,
        false},
    FamilyTraits{Family::sd_turbo, "sd-turbo", "SD-Turbo", kWidth64, kScaleSd, 512, false},
    FamilyTraits{Family::sdxl, "sdxl", "Stable Diffusion XL", kWidth64, kScaleSdxl, 1024, false},
    FamilyTraits{
        Family::sdxl_inpaint,
        "sdxl-inpaint",
        "Stable Diffusion XL inpainting",
        kWidth64,
        kScaleSdxl,
        1024,
        false},
    FamilyTraits{
        Family::sdxl_refiner,
        "sdxl-refiner",
        "Stable Diffusion XL refiner",
        kWidth64,
        kScaleSdxl,
        1024,
        false},
    FamilyTraits{Family::sd3, "sd3", "Stable Diffusion 3", {}, 0, 1024, false},
    FamilyTraits{Family::unknown, "unknown", "not a Stable Diffusion checkpoint", {}, 0, 0, false},
};

constexpr std::string_view kUnet = "model.diffusion_model.";

std::int64_t extent(const KeyShapes& keys, std::string_view key, std::size_t axis) {
    const KeyShapes::Shape* shape = keys.find(key);
    return shape != nullptr && axis < shape->size() ? (*shape)[axis] : 0;
}

bool has_any_with(const KeyShapes& keys, std::string_view part) {
    for (const auto& [key, shape] : keys) {
        if (key.find(part) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

const FamilyTraits& traits_of(Family family) {
    for (const FamilyTraits& traits : kFamilies) {
        if (traits.family == family) return traits;
    }
    throw ContractViolation("family outside the table");
}

Family detect_family(const KeyShapes& keys) {
    const std::int64_t channels = extent(keys, "model.diffusion_model.input_blocks.0.0.weight", 1);
    if (keys.contains("model.diffusion_model.x_embedder.proj.weight")) return Family::sd3;
    if (keys.contains("conditioner.embedders.1.model.ln_final.weight")) {
        return channels == 9 ? Family::sdxl_inpaint : Family::sdxl;
    }
    const std::string_view refiner = "conditioner.embedders.0.model.ln_final.weight";
    if (keys.contains(refiner)) {
        return extent(keys, refiner, 0) == 1024 ? Family::sd_turbo : Family::sdxl_refiner;
    }
    if (keys.contains("depth_model.model.pretrained.act_postprocess3.0.project.0.bias")) {
        return Family::sd2_depth;
    }
    if (keys.contains("embedder.model.ln_final.weight")) return Family::sd2_unclip;
    const std::string_view open_clip =
        "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight";
    if (extent(keys, open_clip, 1) == 1024) {
        return channels == 9 ? Family::sd2_inpaint : Family::sd2;
    }
    if (!keys.has_prefix(kUnet)) return Family::unknown;
    if (channels == 9) return Family::sd1_inpaint;
    if (channels == 8) return Family::instruct_pix2pix;
    if (has_any_with(keys, "roberta")) return Family::alt_diffusion;
    return Family::sd1;
}

Result<AttentionHeads> unet_heads(
    const FamilyTraits& traits, const std::map<std::string, std::string, std::less<>>& metadata) {
    const auto found = metadata.find("darkroom.heads");
    if (found == metadata.end()) return traits.heads;
    const std::string& text = found->second;
    std::int64_t count = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || count < 1 ||
        count > 64) {
        return Error{
            ErrorCode::corrupt_input,
            format("metadata darkroom.heads is not a number from 1 to 64: {}", text.substr(0, 20))};
    }
    return AttentionHeads{.count = count, .width = 0};
}

std::int64_t native_size(
    const FamilyTraits& traits, const std::map<std::string, std::string, std::less<>>& metadata) {
    for (const std::string_view key : {"modelspec.resolution", "resolution"}) {
        const auto found = metadata.find(key);
        if (found == metadata.end()) continue;
        std::int64_t size = 0;
        const std::string& text = found->second;
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), size);
        if (parsed.ec == std::errc() && size >= 64 && size <= 4096) return size / 8 * 8;
    }
    return traits.native_size;
}

}  // namespace darkroom::engine
