// SPDX-License-Identifier: Apache-2.0
#include "api/txt2img_request.h"

#include <vector>

#include "base/check.h"

namespace darkroom::api {
namespace {

using enum FieldKind;

std::vector<RequestField> make_fields() {
    const json::Value null;
    const bool not_null = false;
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
        {"denoising_strength", number, null},
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
        {"sampler_index", text, "Euler", not_null},
        {"script_name", text, null},
        {"script_args", list, json::Array(), not_null},
        {"send_images", boolean, true, not_null},
        {"save_images", boolean, false, not_null},
        {"alwayson_scripts", dictionary, json::Object(), not_null},
        {"infotext", text, null},
    };
}

}  // namespace

std::span<const RequestField> txt2img_fields() {
    static const std::vector<RequestField> kFields = make_fields();
    return kFields;
}

const json::Value& Txt2imgRequest::value(std::string_view field) const {
    const json::Value* found = parameters.find(field);
    DARKROOM_CHECK(found != nullptr, "no request field {}", field);
    return *found;
}

std::optional<std::string> Txt2imgRequest::text(std::string_view field) const {
    const json::Value& found = value(field);
    if (found.is_null()) return std::nullopt;
    return found.as_string();
}

std::optional<std::int64_t> Txt2imgRequest::integer(std::string_view field) const {
    const json::Value& found = value(field);
    if (found.is_null()) return std::nullopt;
    return found.as_integer();
}

std::optional<double> Txt2imgRequest::number(std::string_view field) const {
    const json::Value& found = value(field);
    if (found.is_null()) return std::nullopt;
    return found.as_double();
}

std::optional<bool> Txt2imgRequest::boolean(std::string_view field) const {
    const json::Value& found = value(field);
    if (found.is_null()) return std::nullopt;
    return found.as_bool();
}

Outcome<Txt2imgRequest> parse_txt2img(std::string_view body) {
    DARKROOM_TRY_ASSIGN(const json::Object object, parse_body(body));
    DARKROOM_TRY_ASSIGN(json::Object parameters, read_fields(txt2img_fields(), object));
    if (parameters.find("prompt")->is_null()) return python_exception("AssertionError", "");
    return Txt2imgRequest{std::move(parameters)};
}

}  // namespace darkroom::api
