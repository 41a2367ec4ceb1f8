// SPDX-License-Identifier: Apache-2.0
#include "api/options.h"

#include <algorithm>

#include "api/generation_limits.h"
#include "base/check.h"
#include "base/encoding.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

using enum FieldKind;
using Models = std::span<const domain::ModelDescription>;

constexpr std::string_view kCheckpoint = "sd_model_checkpoint";
constexpr std::size_t kLongestEcho = 80;

/// Upstream skips these silently: texts for the settings page, and what the API may not set.
constexpr std::array<std::string_view, 7> kSkipped = {
    "sd_vae_explanation",
    "infotext_explanation",
    "profiling_explanation",
    "settings_in_ui",
    "api_enable_requests",
    "api_forbid_local_requests",
    "api_useragent"};

template <std::size_t N>
std::vector<json::Value> words(const std::array<std::string_view, N>& list) {
    return std::vector<json::Value>(list.begin(), list.end());
}

OptionDescription ranged(
    std::string_view name,
    FieldKind kind,
    json::Value value,
    json::Value minimum,
    json::Value maximum) {
    return {name, kind, std::move(value), {}, std::move(minimum), std::move(maximum)};
}

/// An option that has this one value.
OptionDescription fixed(std::string_view name, FieldKind kind, const json::Value& value) {
    return {name, kind, value, {value}};
}

std::vector<OptionDescription> make_table() {
    return {
        fixed("samples_format", text, "png"),
        fixed("face_restoration", boolean, false),
        {"emphasis", text, "Original", words(kEmphasisModes)},
        fixed("comma_padding_backtrack", integer, 20),
        ranged("CLIP_stop_at_last_layers", integer, 1, 1, kMaxClipSkip),
        {"randn_source", text, "GPU", words(kRandnSources)},
        fixed("tiling", boolean, false),
        {"sd_vae", text, "Automatic", {"Automatic", "None"}},
        fixed("s_min_uncond", number, 0.0),
        fixed("token_merging_ratio", number, 0.0),
        fixed("enable_pnginfo", boolean, true),
        ranged("eta_ddim", number, 0.0, 0.0, kMaxEta),
        ranged("eta_ancestral", number, 1.0, 0.0, kMaxEta),
        ranged("s_churn", number, 0.0, 0.0, kMaxSigma),
        ranged("s_tmin", number, 0.0, 0.0, kMaxSigma),
        ranged("s_tmax", number, 0.0, 0.0, kMaxSigma),
        ranged("s_noise", number, 1.0, 0.0, kMaxNoise),
        ranged("eta_noise_seed_delta", integer, 0, -kMaxSeedDelta, kMaxSeedDelta),
        {"enable_prompt_comments", boolean, true},
    };
}

const OptionDescription* find_option(std::string_view name) {
    const auto found = std::ranges::find(option_table(), name, &OptionDescription::name);
    return found == option_table().end() ? nullptr : &*found;
}

FieldError not_permitted(
    json::Array location, const json::Value& given, const std::vector<json::Value>& choices) {
    std::string permitted;
    for (const json::Value& choice : choices) {
        permitted += (permitted.empty() ? "" : ", ") + json::dump(choice);
    }
    return {
        std::move(location),
        "unexpected value; permitted: " + permitted,
        "value_error.const",
        json::Object{{"given", given}, {"permitted", json::Array(choices)}}};
}

/// The value in the option's type and bounds, or the entry that refuses it.
std::variant<json::Value, FieldError> judge(
    const OptionDescription& option, const json::Value& given, json::Array location) {
    std::optional<json::Value> coerced = coerce(option.kind, given);
    if (!coerced) return type_error(option.kind, std::move(location));
    if (!option.choices.empty()) {
        const bool known = std::ranges::find(option.choices, *coerced) != option.choices.end();
        if (!known) return not_permitted(std::move(location), given, option.choices);
    } else if (option.minimum.is_number()) {
        const double number_value = coerced->as_double();
        if (number_value > option.maximum.as_double()) {
            return above_maximum(std::move(location), option.maximum);
        }
        if (!(number_value >= option.minimum.as_double())) {
            return below_minimum(std::move(location), option.minimum);
        }
    }
    return *std::move(coerced);
}

}  // namespace

std::span<const OptionDescription> option_table() {
    static const std::vector<OptionDescription> kTable = make_table();
    return kTable;
}

struct Options::Change {
    Models models;
    json::Array location;
    const domain::ModelDescription* (*find)(Models, std::string_view) = nullptr;
};

Result<Options> Options::from_json(std::string_view text) {
    const Result<json::Value> parsed = json::parse(text);
    if (!parsed || !parsed->is_object()) {
        return Error{ErrorCode::corrupt_input, "stored options are not a JSON object"};
    }
    Options options;
    for (const auto& [name, stored] : parsed->as_object()) {
        if (name == kCheckpoint && stored.is_string()) options.changed_.set(name, stored);
        const OptionDescription* option = find_option(name);
        if (option == nullptr) continue;
        auto judged = judge(*option, stored, {});
        if (auto* good = std::get_if<json::Value>(&judged)) {
            options.changed_.set(name, std::move(*good));
        }
    }
    return options;
}

const json::Value& Options::value(std::string_view name) const {
    if (const json::Value* own = changed_.find(name)) return *own;
    const OptionDescription* option = find_option(name);
    DARKROOM_CHECK(option != nullptr, "no option {}", name);
    return option->default_value;
}

std::string Options::text(std::string_view name) const {
    return value(name).as_string();
}

std::int64_t Options::integer(std::string_view name) const {
    return value(name).as_integer();
}

double Options::number(std::string_view name) const {
    return value(name).as_double();
}

bool Options::boolean(std::string_view name) const {
    return value(name).as_bool();
}

std::optional<std::string> Options::checkpoint() const {
    const json::Value* own = changed_.find(kCheckpoint);
    if (own == nullptr) return std::nullopt;
    return own->as_string();
}

Outcome<Options> Options::changed(const json::Object& changes, const Change& how) const {
    Options result = *this;
    std::vector<FieldError> errors;
    for (const auto& [name, given] : changes) {
        if (given.is_null() || std::ranges::find(kSkipped, name) != kSkipped.end()) continue;
        json::Array location = how.location;
        location.emplace_back(name);
        if (name == kCheckpoint) {
            // A1111 takes an empty name for none.
            if (given == json::Value("")) continue;
            const json::Value asked = coerce(FieldKind::text, given).value_or(json::Value(""));
            if (const auto* model = how.find(how.models, asked.as_string())) {
                result.changed_.set(name, model->name);
            } else {
                errors.push_back(
                    {std::move(location), unknown_checkpoint(asked.as_string(), how.models)});
            }
            continue;
        }
        const OptionDescription* option = find_option(name);
        if (option == nullptr) return key_error(name);
        auto judged = judge(*option, given, std::move(location));
        if (auto* error = std::get_if<FieldError>(&judged)) {
            errors.push_back(std::move(*error));
        } else {
            result.changed_.set(name, std::get<json::Value>(std::move(judged)));
        }
    }
    if (!errors.empty()) return validation_refusal(errors);
    return result;
}

Outcome<Options> Options::with_changes(const json::Object& changes, Models models) const {
    return changed(changes, {models, {"body"}, domain::find_model});
}

Outcome<Options> Options::with_overrides(const json::Object& changes, Models models) const {
    return changed(changes, {models, {"body", "override_settings"}, domain::find_closest_model});
}

std::string unknown_checkpoint(std::string_view name, Models models) {
    std::string known;
    for (const domain::ModelDescription& model : models) {
        known += (known.empty() ? "" : ", ") + model.name;
    }
    return format(
        "unknown checkpoint (known: {}): {}",
        known.empty() ? "none" : known,
        repair_utf8(name.substr(0, kLongestEcho)));
}

Result<const domain::ModelDescription*> chosen_model(const Options& options, Models models) {
    if (models.empty()) {
        return Error{ErrorCode::unavailable, "no checkpoint in the models folder"};
    }
    const std::optional<std::string> chosen = options.checkpoint();
    if (!chosen) return &models.front();
    const domain::ModelDescription* model = domain::find_model(models, *chosen);
    if (model == nullptr) {
        return Error{
            ErrorCode::invalid_argument,
            unknown_checkpoint(*chosen, models),
            std::string(kCheckpoint)};
    }
    return model;
}

json::Value options_body(const Options& options, Models models) {
    json::Object body;
    const auto model = chosen_model(options, models);
    body.append(std::string(kCheckpoint), model ? json::Value((*model)->title) : json::Value());
    for (const OptionDescription& option : option_table()) {
        const std::string name(option.name);
        switch (option.kind) {
            case FieldKind::boolean:
                body.append(name, options.boolean(name));
                break;
            case FieldKind::integer:
                // Upstream types its response model by the default; 0 leaves it untyped.
                if (option.default_value.as_integer() != 0) {
                    body.append(name, static_cast<double>(options.integer(name)));
                } else {
                    body.append(name, options.integer(name));
                }
                break;
            case FieldKind::number:
                body.append(name, options.number(name));
                break;
            case FieldKind::text:
            case FieldKind::text_list:
            case FieldKind::list:
            case FieldKind::dictionary:
                body.append(name, options.text(name));
                break;
        }
    }
    return body;
}

}  // namespace darkroom::api
