// SPDX-License-Identifier: Apache-2.0
#include "api/txt2img_request.h"

#include <vector>

#include "base/check.h"
#include "domain/task.h"

namespace darkroom::api {
namespace {

using enum FieldKind;

constexpr bool kNotNull = false;

/// What both kinds begin with.
std::vector<RequestField> first_fields(const RequestField& denoising_strength) {
    const json::Value null;
    return {
        {"prompt", text, ""},
        {"negative_prompt", text, ""},
        {"styles", text_list, null},
        {"seed", integer, -1},
        {"subseed", integer, -1},
        {"subseed_strength", number, 0},
        {"seed_resize_from_h", integer, -1},
        {"seed_resize_from_w", integer, -1},
        {"sampler_name", text, null},
        {"scheduler", text, null},
        {"batch_size", integer, 1},
        {"n_iter", integer, 1},
        {"steps", integer, 50},
        {"cfg_scale", number, 7.0},
        {"width", integer, 512},
        {"height", integer, 512},
        {"restore_faces", boolean, null},
        {"tiling", boolean, null},
        {"do_not_save_samples", boolean, false},
        {"do_not_save_grid", boolean, false},
        {"eta", number, null},
        denoising_strength,
        {"s_min_uncond", number, null},
        {"s_churn", number, null},
        {"s_tmax", number, null},
        {"s_tmin", number, null},
        {"s_noise", number, null},
        {"override_settings", dictionary, null},
        {"override_settings_restore_afterwards", boolean, true},
        {"refiner_checkpoint", text, null},
        {"refiner_switch_at", number, null},
        {"disable_extra_networks", boolean, false},
        {"firstpass_image", text, null},
        {"comments", dictionary, null},
    };
}

std::vector<RequestField> txt2img_only() {
    const json::Value null;
    return {
        {"enable_hr", boolean, false},
        {"firstphase_width", integer, 0},
        {"firstphase_height", integer, 0},
        {"hr_scale", number, 2.0},
        {"hr_upscaler", text, null},
        {"hr_second_pass_steps", integer, 0},
        {"hr_resize_x", integer, 0},
        {"hr_resize_y", integer, 0},
        {"hr_checkpoint_name", text, null},
        {"hr_sampler_name", text, null},
        {"hr_scheduler", text, null},
        {"hr_prompt", text, ""},
        {"hr_negative_prompt", text, ""},
        {"force_task_id", text, null},
        {"sampler_index", text, "Euler", kNotNull},
    };
}

std::vector<RequestField> img2img_only() {
    const json::Value null;
    return {
        {"init_images", list, null},
        {"resize_mode", integer, 0},
        {"image_cfg_scale", number, null},
        {"mask", text, null},
        {"mask_blur_x", integer, 4},
        {"mask_blur_y", integer, 4},
        {"mask_blur", integer, null},
        {"mask_round", boolean, true},
        {"inpainting_fill", integer, 0},
        {"inpaint_full_res", boolean, true},
        {"inpaint_full_res_padding", integer, 0},
        {"inpainting_mask_invert", integer, 0},
        {"initial_noise_multiplier", number, null},
        {"latent_mask", text, null},
        {"force_task_id", text, null},
        {"sampler_index", text, "Euler", kNotNull},
        {"include_init_images", boolean, false, kNotNull},
    };
}

/// What both kinds end with.
std::vector<RequestField> last_fields() {
    const json::Value null;
    return {
        {"script_name", text, null},
        {"script_args", list, json::Array(), kNotNull},
        {"send_images", boolean, true, kNotNull},
        {"save_images", boolean, false, kNotNull},
        {"alwayson_scripts", dictionary, json::Object(), kNotNull},
        {"infotext", text, null},
    };
}

std::vector<RequestField> joined(
    std::vector<RequestField> fields, const std::vector<RequestField>& middle) {
    const std::vector<RequestField> last = last_fields();
    fields.insert(fields.end(), middle.begin(), middle.end());
    fields.insert(fields.end(), last.begin(), last.end());
    return fields;
}

}  // namespace

std::string_view to_string(RequestKind kind) {
    return kind == RequestKind::img2img ? domain::kImg2imgKind : domain::kTxt2imgKind;
}

std::span<const RequestField> request_fields(RequestKind kind) {
    static const std::vector<RequestField> kTxt2img =
        joined(first_fields({"denoising_strength", number, {}}), txt2img_only());
    static const std::vector<RequestField> kImg2img =
        joined(first_fields({"denoising_strength", number, 0.75, kNotNull}), img2img_only());
    return kind == RequestKind::img2img ? kImg2img : kTxt2img;
}

std::span<const RequestField> txt2img_fields() {
    return request_fields(RequestKind::txt2img);
}

const json::Value& PictureRequest::value(std::string_view field) const {
    const json::Value* found = parameters.find(field);
    DARKROOM_CHECK(found != nullptr, "no request field {}", field);
    return *found;
}

std::optional<std::string> PictureRequest::text(std::string_view field) const {
    const json::Value& found = value(field);
    if (found.is_null()) return std::nullopt;
    return found.as_string();
}

std::optional<std::int64_t> PictureRequest::integer(std::string_view field) const {
    const json::Value& found = value(field);
    if (found.is_null()) return std::nullopt;
    return found.as_integer();
}

std::optional<double> PictureRequest::number(std::string_view field) const {
    const json::Value& found = value(field);
    if (found.is_null()) return std::nullopt;
    return found.as_double();
}

std::optional<bool> PictureRequest::boolean(std::string_view field) const {
    const json::Value& found = value(field);
    if (found.is_null()) return std::nullopt;
    return found.as_bool();
}

RequestKind PictureRequest::kind() const {
    const bool has_init = parameters.find("init_images") != nullptr;
    return has_init ? RequestKind::img2img : RequestKind::txt2img;
}

Outcome<PictureRequest> parse_request(RequestKind kind, std::string_view body) {
    DARKROOM_TRY_ASSIGN(const json::Object object, parse_body(body));
    DARKROOM_TRY_ASSIGN(json::Object parameters, read_fields(request_fields(kind), object));
    if (parameters.find("prompt")->is_null()) return python_exception("AssertionError", "");
    return PictureRequest{std::move(parameters)};
}

Outcome<PictureRequest> parse_txt2img(std::string_view body) {
    return parse_request(RequestKind::txt2img, body);
}

}  // namespace darkroom::api
