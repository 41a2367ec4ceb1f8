// SPDX-License-Identifier: Apache-2.0
#include "api/input_pictures.h"

#include "api/request_fields.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr int kNotFound = 404;

const json::Array& init_images(const PictureRequest& request) {
    static const json::Array kNone;
    const json::Value& list = request.value("init_images");
    return list.is_array() ? list.as_array() : kNone;
}

}  // namespace

Outcome<bool> require_inputs(const PictureRequest& request) {
    const json::Array& list = init_images(request);
    if (list.empty()) return http_exception(kNotFound, "Init image not found");
    if (request.text("mask") == "") {
        return python_exception("AttributeError", "'str' object has no attribute 'mode'");
    }
    const std::int64_t batch = request.integer("batch_size").value_or(1);
    const auto count = static_cast<std::int64_t>(list.size());
    if (count > 1 && count > batch) {
        return python_exception(
            "RuntimeError",
            format("bad number of images passed: {}; expecting {} or less", count, batch));
    }
    return true;
}

InputTexts read_inputs(const PictureRequest& request, std::vector<FieldError>& errors) {
    InputTexts texts;
    for (const json::Value& entry : init_images(request)) {
        if (entry.is_string()) {
            texts.pictures.push_back(entry.as_string());
            continue;
        }
        const auto index = static_cast<std::int64_t>(texts.pictures.size());
        errors.push_back(type_error(FieldKind::text, {"body", "init_images", index}));
        texts.pictures.emplace_back();
    }
    texts.mask = request.text("mask").value_or("");
    return texts;
}

std::int64_t batch_of_inputs(std::int64_t batch_size, const InputTexts& inputs) {
    const std::size_t count = inputs.pictures.size();
    return count > 1 ? static_cast<std::int64_t>(count) : batch_size;
}

domain::InitImages init_settings(const PictureRequest& request) {
    domain::InitImages init;
    init.denoising_strength = request.number("denoising_strength").value_or(0.75);
    init.noise_multiplier = request.number("initial_noise_multiplier").value_or(1.0);
    init.resize_mode = request.integer("resize_mode").value_or(0);
    if (!request.text("mask")) return init;
    const std::optional<std::int64_t> blur = request.integer("mask_blur");
    init.mask_blur_x = blur.value_or(request.integer("mask_blur_x").value_or(4));
    init.mask_blur_y = blur.value_or(request.integer("mask_blur_y").value_or(4));
    init.is_mask_rounded = request.boolean("mask_round").value_or(true);
    init.is_mask_inverted = request.integer("inpainting_mask_invert").value_or(0) != 0;
    init.masked_content = request.integer("inpainting_fill").value_or(0);
    init.is_only_masked = request.boolean("inpaint_full_res").value_or(true);
    init.masked_padding = request.integer("inpaint_full_res_padding").value_or(0);
    return init;
}

void set_init_parameters(json::Object& parameters, const domain::InitImages& init) {
    parameters.set("denoising_strength", init.denoising_strength);
    parameters.set("initial_noise_multiplier", init.noise_multiplier);
    parameters.set("resize_mode", init.resize_mode);
    if (init.mask.empty()) return;
    parameters.set("mask_blur_x", init.mask_blur_x);
    parameters.set("mask_blur_y", init.mask_blur_y);
    parameters.set("mask_round", init.is_mask_rounded);
    parameters.set("inpainting_mask_invert", init.is_mask_inverted ? 1 : 0);
    parameters.set("inpainting_fill", init.masked_content);
    parameters.set("inpaint_full_res", init.is_only_masked);
    parameters.set("inpaint_full_res_padding", init.masked_padding);
}

}  // namespace darkroom::api
