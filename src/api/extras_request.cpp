// SPDX-License-Identifier: Apache-2.0
#include "api/extras_request.h"

#include <algorithm>
#include <cmath>

#include "api/python_text.h"
#include "api/request_fields.h"
#include "api/serverless_request.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr const char* kNotSupported = "not supported by this version: leave it 0";
constexpr int kBadRequest = 400;

const std::vector<RequestField>& fields() {
    using enum FieldKind;
    static const std::vector<RequestField> kFields = {
        {"show_extras_results", boolean, true, false},
        {"gfpgan_visibility", number, 0, false},
        {"codeformer_visibility", number, 0, false},
        {"codeformer_weight", number, 0, false},
        {"upscaling_resize", number, 2, false},
        {"upscaling_resize_w", integer, 512, false},
        {"upscaling_resize_h", integer, 512, false},
        {"upscaling_crop", boolean, true, false},
        {"upscaler_1", text, "None", false},
        {"upscaler_2", text, "None", false},
        {"extras_upscaler_2_visibility", number, 0, false},
        {"upscale_first", boolean, false, false},
    };
    return kFields;
}

/// Judges the values of a body whose types are right; collects what is wrong.
class Judge {
  public:
    explicit Judge(const json::Object& values) : values_(values) {}

    double share(const char* field) {
        const double value = number(field);
        if (!(value >= 0.0)) errors_.push_back(below_minimum({"body", field}, 0));
        if (value > 1.0) errors_.push_back(above_maximum({"body", field}, 1));
        return value;
    }

    double positive(const char* field) {
        const double value = number(field);
        if (!(value > 0.0) || !std::isfinite(value)) {
            errors_.push_back(
                {{"body", field},
                 "ensure this value is greater than 0",
                 "value_error.number.not_gt",
                 json::Object{{"limit_value", 0}}});
        }
        return value;
    }

    std::int64_t side(const char* field) {
        const std::int64_t value = values_.find(field)->as_integer();
        if (value < 1) errors_.push_back(below_minimum({"body", field}, 1));
        return value;
    }

    std::string upscaler(const char* field) {
        std::string name = values_.find(field)->as_string();
        const auto& known = domain::kUpscalers;
        if (std::ranges::find(known, name) == known.end()) {
            errors_.push_back(
                {{"body", field}, "no such upscaler: choose None, Lanczos or Nearest"});
        }
        return name;
    }

    void refuse_unless_zero(const char* field) {
        if (share(field) > 0.0) errors_.push_back({{"body", field}, kNotSupported});
    }

    [[nodiscard]] bool flag(const char* field) const { return values_.find(field)->as_bool(); }
    void add(FieldError error) { errors_.push_back(std::move(error)); }
    [[nodiscard]] const std::vector<FieldError>& errors() const { return errors_; }

  private:
    [[nodiscard]] double number(const char* field) const {
        return values_.find(field)->as_double();
    }

    const json::Object& values_;
    std::vector<FieldError> errors_;
};

/// A literal: nothing but the numbers 0 and 1.
bool read_resize_mode(const json::Object& body, Judge& judge) {
    const json::Value* mode = body.find("resize_mode");
    if (mode == nullptr || *mode == json::Value(0)) return false;
    if (*mode == json::Value(1)) return true;
    judge.add(
        {{"body", "resize_mode"},
         "unexpected value; permitted: 0, 1",
         "value_error.const",
         json::Object{{"given", *mode}, {"permitted", json::Array{0, 1}}}});
    return false;
}

/// A1111's words for what is done: "Postprocess upscale by: 2.0, Postprocess upscaler: Lanczos".
std::string describe(const domain::Extras& extras, bool is_factor_sent) {
    if (extras.upscaler == domain::kNoUpscaler) return {};
    std::string text;
    if (extras.to_size) {
        const std::string size = format("{}x{}", extras.width, extras.height);
        text = "Postprocess upscale to: " + size;
        if (extras.crop) text += ", Postprocess crop to: " + size;
    } else {
        text = "Postprocess upscale by: " + (is_factor_sent ? python_float(extras.factor) : "2");
    }
    text += ", Postprocess upscaler: " + extras.upscaler;
    if (extras.second_upscaler != domain::kNoUpscaler && extras.second_visibility > 0.0) {
        text += ", Postprocess upscaler 2: " + extras.second_upscaler;
    }
    return text;
}

Outcome<domain::Extras> read_extras(const json::Object& body) {
    DARKROOM_TRY_ASSIGN(const json::Object values, read_fields(fields(), body));
    Judge judge(values);
    domain::Extras extras;
    extras.to_size = read_resize_mode(body, judge);
    judge.refuse_unless_zero("gfpgan_visibility");
    judge.refuse_unless_zero("codeformer_visibility");
    judge.share("codeformer_weight");
    extras.factor = judge.positive("upscaling_resize");
    extras.width = judge.side("upscaling_resize_w");
    extras.height = judge.side("upscaling_resize_h");
    extras.crop = judge.flag("upscaling_crop");
    extras.upscaler = judge.upscaler("upscaler_1");
    extras.second_upscaler = judge.upscaler("upscaler_2");
    extras.second_visibility = judge.share("extras_upscaler_2_visibility");
    if (!judge.errors().empty()) return validation_refusal(judge.errors());
    extras.description = describe(extras, body.find("upscaling_resize") != nullptr);
    return extras;
}

Outcome<ExtrasRequest> read_single(const json::Object& body) {
    static const std::vector<RequestField> kImage = {{"image", FieldKind::text, "", false}};
    ExtrasRequest request;
    DARKROOM_TRY_ASSIGN(request.extras, read_extras(body));
    DARKROOM_TRY_ASSIGN(const json::Object image, read_fields(kImage, body));
    request.images.push_back(image.find("image")->as_string());
    return request;
}

/// One {data, name} of imageList; the name is only for the disk of A1111's server.
void read_entry(
    const json::Value& entry,
    json::Array place,
    std::vector<std::string>& images,
    std::vector<FieldError>& errors) {
    if (!entry.is_object()) {
        errors.push_back(type_error(FieldKind::dictionary, std::move(place)));
        return;
    }
    for (const char* member : {"data", "name"}) {
        json::Array location = place;
        location.emplace_back(member);
        const json::Value* value = entry.find(member);
        if (value == nullptr) {
            errors.push_back({std::move(location), "field required", "value_error.missing"});
        } else if (const auto text = coerce(FieldKind::text, *value); !text) {
            errors.push_back(type_error(FieldKind::text, std::move(location)));
        } else if (member == std::string_view("data")) {
            images.push_back(text->as_string());
        }
    }
}

}  // namespace

Outcome<ExtrasRequest> parse_extra_single(std::string_view body) {
    DARKROOM_TRY_ASSIGN(const json::Object object, parse_body(body));
    return read_single(object);
}

Outcome<ExtrasRequest> parse_extra_batch(std::string_view body) {
    DARKROOM_TRY_ASSIGN(const json::Object object, parse_body(body));
    ExtrasRequest request;
    request.image_field = "imageList";
    const json::Array place = {"body", request.image_field};
    const json::Value* list = object.find(request.image_field);
    if (list == nullptr) {
        return validation_refusal({{place, "field required", "value_error.missing"}});
    }
    if (!list->is_array()) return validation_refusal({type_error(FieldKind::list, place)});
    if (list->as_array().empty() || list->as_array().size() > kMaxExtrasImages) {
        return validation_refusal({{place, format("has 1 to {} images", kMaxExtrasImages)}});
    }
    std::vector<FieldError> errors;
    for (std::size_t i = 0; i < list->as_array().size(); ++i) {
        json::Array location = place;
        location.emplace_back(static_cast<std::int64_t>(i));
        read_entry((*list)[i], std::move(location), request.images, errors);
    }
    if (!errors.empty()) return validation_refusal(errors);
    DARKROOM_TRY_ASSIGN(request.extras, read_extras(object));
    return request;
}

Outcome<ExtrasRequest> parse_serverless_extras(std::string_view body) {
    const auto parsed = json::parse(body);
    if (!parsed || !parsed->is_object()) return message_refusal(kBadRequest, "bad request body");
    json::Object known;
    std::vector<std::string> unknown;
    for (const auto& [key, value] : parsed->as_object()) {
        const std::string name = lower_ascii(key);
        const bool is_field =
            name == "image" || name == "resize_mode" ||
            std::ranges::find(fields(), name, &RequestField::name) != fields().end();
        const bool is_checkpoint =
            name == "stable_diffusion_model" || name == "stablediffusionmodel";
        if (is_field) {
            // Null is absent in that API.
            if (!value.is_null()) known.set(name, value);
        } else if (!is_checkpoint) {
            unknown.push_back(key);
        }
    }
    Outcome<ExtrasRequest> request = read_single(known);
    if (!request) return as_message(request.error());
    request->unknown_fields = std::move(unknown);
    return request;
}

std::string html_info(const domain::Extras& extras) {
    // Nothing of it comes from a caller as text, so nothing needs an escape.
    return "<p>" + extras.description + "</p>";
}

}  // namespace darkroom::api
