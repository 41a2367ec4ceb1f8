// SPDX-License-Identifier: Apache-2.0
#include "api/refused_fields.h"

#include <algorithm>
#include <array>

#include "api/python_text.h"
#include "base/encoding.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr int kUnprocessable = 422;
constexpr std::size_t kLongestEcho = 80;
constexpr std::array<std::string_view, 3> kIgnoredScripts = {"sampler", "seed", "refiner"};

bool is_named(const std::optional<std::string>& text) {
    return text && !text->empty() && lower_ascii(*text) != "none";
}

Refusal script_not_found(std::string_view name) {
    return http_exception(
        kUnprocessable, format("Script '{}' not found", repair_utf8(name.substr(0, kLongestEcho))));
}

}  // namespace

std::vector<FieldError> refused_fields(const Txt2imgRequest& request) {
    std::vector<FieldError> errors;
    const auto refuse = [&](bool acts, std::string_view field, std::string_view allowed) {
        if (!acts) return;
        errors.push_back(
            {{"body", field}, format("not supported by this version: leave it {}", allowed)});
    };
    const json::Value& styles = request.value("styles");
    refuse(styles.is_array() && !styles.as_array().empty(), "styles", "empty");
    refuse(request.boolean("restore_faces").value_or(false), "restore_faces", "false");
    refuse(request.boolean("tiling").value_or(false), "tiling", "false");
    refuse(!(request.number("s_min_uncond").value_or(0.0) <= 0.0), "s_min_uncond", "0");
    refuse(is_named(request.text("refiner_checkpoint")), "refiner_checkpoint", "empty");
    refuse(!request.text("firstpass_image").value_or("").empty(), "firstpass_image", "empty");
    if (request.kind() == RequestKind::txt2img) {
        refuse(request.boolean("enable_hr").value_or(false), "enable_hr", "false");
    } else {
        refuse(!request.text("latent_mask").value_or("").empty(), "latent_mask", "empty");
    }
    refuse(!request.text("infotext").value_or("").empty(), "infotext", "empty");
    return errors;
}

std::optional<Refusal> refused_script(const Txt2imgRequest& request) {
    const std::string name = request.text("script_name").value_or("");
    if (!name.empty()) return script_not_found(name);
    for (const auto& [script, arguments] : request.value("alwayson_scripts").as_object()) {
        const std::string title = lower_ascii(script);
        const bool ignored = std::ranges::find(kIgnoredScripts, title) != kIgnoredScripts.end();
        if (!ignored) return script_not_found(script);
    }
    return std::nullopt;
}

std::vector<FieldError> refused_prompts(
    const domain::Generation& generation, const FindUnsupported& find_unsupported) {
    std::vector<FieldError> errors;
    const auto judge = [&](std::string_view field, const std::string& prompt, PromptRole role) {
        std::string names;
        for (const std::string& construct : find_unsupported(prompt, role)) {
            names += (names.empty() ? "" : ", ") + construct;
        }
        if (names.empty()) return;
        errors.push_back(
            {{"body", field}, format("prompt construct not supported by this version: {}", names)});
    };
    judge("prompt", generation.prompt, PromptRole::positive);
    judge("negative_prompt", generation.negative_prompt, PromptRole::negative);
    return errors;
}

}  // namespace darkroom::api
