// SPDX-License-Identifier: Apache-2.0
#include "api/infotext.h"

#include <algorithm>
#include <array>

#include "api/python_text.h"
#include "api/sampler_parameters.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

using Generation = domain::Generation;

/// A JSON string when the text would break the line of parameters.
std::string quoted(const std::string& text) {
    const bool plain = text.find_first_of(",:\n") == std::string::npos;
    return plain ? text : json::dump(json::Value(text));
}

std::string python_text(const json::Value& value) {
    if (value.is_string()) return value.as_string();
    if (value.is_bool()) return value.as_bool() ? "True" : "False";
    if (value.is_double()) return python_float(value.as_double());
    return json::dump(value);
}

/// "key: value" pairs in order; a key set again keeps its place.
class ParameterLine {
  public:
    void add(std::string key, const json::Value& value) { values_.set(std::move(key), value); }

    void add_if(bool present, std::string key, const json::Value& value) {
        if (present) add(std::move(key), value);
    }

    [[nodiscard]] std::string text() const {
        std::string line;
        for (const auto& [key, value] : values_) {
            if (!line.empty()) line += ", ";
            const std::string word = python_text(value);
            line += key == word ? key : key + ": " + quoted(word);
        }
        return line;
    }

  private:
    json::Object values_;
};

/// The label that the schedule is known by: what Automatic means for this sampler, if anything.
std::string schedule_label(const Generation& g, const InfotextContext& context) {
    const bool automatic = g.schedule == domain::kAutomaticSchedule;
    const bool has_default =
        !context.default_schedule.empty() && !sampler_parameters(g.sampler).is_timestep_sampler;
    return automatic && has_default ? context.default_schedule : g.schedule;
}

double default_eta(const Generation& g) {
    return sampler_parameters(g.sampler).eta == SamplerParameters::Eta::ddim ? 0.0 : 1.0;
}

bool uses_emphasis(const Generation& g) {
    const auto has_bracket = [](const std::string& prompt) {
        return prompt.find_first_of("([") != std::string::npos;
    };
    return has_bracket(g.prompt) || has_bracket(g.negative_prompt);
}

constexpr std::array<const char*, 4> kMaskedContents = {
    "fill", "original", "latent noise", "latent nothing"};

/// What image to image records before it draws.
void add_init_parameters(json::Object& extra, const domain::InitImages& init) {
    const auto add_if = [&](bool present, const char* key, const json::Value& value) {
        if (present) extra.set(key, value);
    };
    extra.set("Denoising strength", init.denoising_strength);
    if (init.mask.empty()) return;
    const bool even = init.mask_blur_x == init.mask_blur_y;
    const auto content = static_cast<std::size_t>(init.masked_content);
    add_if(init.is_mask_inverted, "Mask mode", "Inpaint not masked");
    add_if(even && init.mask_blur_x > 0, "Mask blur", init.mask_blur_x);
    add_if(init.is_only_masked, "Inpaint area", "Only masked");
    add_if(init.is_only_masked, "Masked area padding", init.masked_padding);
    const bool known = content < kMaskedContents.size() && content != 1;
    if (known) extra.set("Masked content", kMaskedContents[content]);
}

void add_seed_parameters(ParameterLine& line, const Generation& g, std::int64_t index) {
    const bool varied = g.subseed_strength != 0.0;
    line.add_if(varied, "Variation seed", picture_subseed(g, index));
    line.add_if(varied, "Variation seed strength", g.subseed_strength);
    line.add_if(
        g.seed_resize_from_w > 0 && g.seed_resize_from_h > 0,
        "Seed resize from",
        format("{}x{}", g.seed_resize_from_w, g.seed_resize_from_h));
}

}  // namespace

std::uint64_t picture_seed(const Generation& generation, std::int64_t index) {
    const auto offset = static_cast<std::uint64_t>(index);
    return generation.subseed_strength != 0.0 ? generation.seed : generation.seed + offset;
}

std::uint64_t picture_subseed(const Generation& generation, std::int64_t index) {
    return generation.subseed + static_cast<std::uint64_t>(index);
}

InfotextContext make_infotext_context(
    const Generation& generation,
    const domain::ModelDescription& model,
    const domain::SamplingCatalog& catalog,
    std::string version) {
    InfotextContext context{
        .model_name = model.name, .model_hash10 = model.hash10, .version = std::move(version)};
    const auto sampler =
        std::ranges::find(catalog.samplers, generation.sampler, &domain::SamplerDescription::name);
    if (sampler == catalog.samplers.end()) return context;
    context.default_schedule = sampler->default_schedule;
    const auto uses_ensd = sampler->options.find("uses_ensd");
    context.uses_seed_delta = uses_ensd != sampler->options.end() && uses_ensd->second == "True";
    return context;
}

json::Object extra_parameters(const Generation& g, const InfotextContext& context) {
    json::Object extra;
    const auto add_if = [&](bool present, const char* key, const json::Value& value) {
        if (present) extra.set(key, value);
    };
    const SamplerParameters takes = sampler_parameters(g.sampler);
    const std::string label = schedule_label(g, context);
    if (g.init) add_init_parameters(extra, *g.init);
    add_if(g.emphasis != "Original" && uses_emphasis(g), "Emphasis", g.emphasis);
    if (g.init)
        add_if(g.init->noise_multiplier != 1.0, "Noise multiplier", g.init->noise_multiplier);
    add_if(
        !takes.is_timestep_sampler && label != domain::kAutomaticSchedule, "Schedule type", label);
    add_if(
        takes.eta != SamplerParameters::Eta::none &&
            g.eta.value_or(default_eta(g)) != default_eta(g),
        takes.eta == SamplerParameters::Eta::ddim ? "Eta DDIM" : "Eta",
        g.eta.value_or(0.0));
    add_if(takes.takes_churn && g.s_churn != 0.0, "Sigma churn", g.s_churn);
    add_if(takes.takes_churn && g.s_tmin != 0.0, "Sigma tmin", g.s_tmin);
    add_if(takes.takes_churn && g.s_tmax != 0.0, "Sigma tmax", g.s_tmax);
    add_if(takes.takes_noise && g.s_noise != 1.0, "Sigma noise", g.s_noise);
    return extra;
}

std::string make_infotext(const Generation& g, std::int64_t index, const InfotextContext& context) {
    ParameterLine line;
    line.add("Steps", g.steps);
    line.add("Sampler", g.sampler);
    line.add("Schedule type", schedule_label(g, context));
    line.add("CFG scale", g.cfg_scale);
    line.add("Seed", picture_seed(g, index));
    line.add("Size", format("{}x{}", g.width, g.height));
    line.add_if(!context.model_hash10.empty(), "Model hash", context.model_hash10);
    line.add_if(!context.model_name.empty(), "Model", context.model_name);
    add_seed_parameters(line, g, index);
    if (g.init) line.add("Denoising strength", g.init->denoising_strength);
    line.add_if(g.clip_skip > 1, "Clip skip", g.clip_skip);
    const bool delta_acts =
        context.uses_seed_delta && g.eta_noise_seed_delta != 0 && g.eta.value_or(1.0) != 0.0;
    line.add_if(delta_acts, "ENSD", g.eta_noise_seed_delta);
    line.add_if(g.randn_source != "GPU", "RNG", g.randn_source);
    for (const auto& [key, value] : extra_parameters(g, context))
        line.add(key, value);
    line.add_if(!context.version.empty(), "Version", context.version);

    const std::string negative =
        g.negative_prompt.empty() ? "" : "\nNegative prompt: " + g.negative_prompt;
    const std::string text = g.prompt + negative + "\n" + line.text();
    return std::string(strip_leading_space(text));
}

std::string make_receipt(const domain::Receipt& receipt) {
    return json::dump(json::Object{
        {"checkpoint_sha256", receipt.checkpoint_sha256},
        {"engine", receipt.engine},
        {"version", receipt.version}});
}

}  // namespace darkroom::api
