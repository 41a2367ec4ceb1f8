// SPDX-License-Identifier: Apache-2.0
#include "agent/sampling_catalog.h"

#include "engine/diffusion/samplers/registry.h"
#include "engine/diffusion/schedules.h"

namespace darkroom::agent {
namespace {

std::vector<std::string> strings(std::span<const std::string_view> views) {
    return {views.begin(), views.end()};
}

domain::SamplerDescription describe(const engine::SamplerSpec& spec) {
    domain::SamplerDescription sampler{
        .name = std::string(spec.name), .aliases = strings(spec.aliases)};
    if (!spec.default_schedule.empty()) {
        sampler.options["scheduler"] = spec.default_schedule;
        sampler.default_schedule = engine::find_schedule(spec.default_schedule)->label;
    }
    if (spec.uses_ensd) sampler.options["uses_ensd"] = "True";
    if (spec.second_order) sampler.options["second_order"] = "True";
    if (spec.discard_next_to_last_sigma) sampler.options["discard_next_to_last_sigma"] = "True";
    return sampler;
}

}  // namespace

domain::SamplingCatalog sampling_catalog() {
    domain::SamplingCatalog catalog;
    for (const engine::SamplerSpec& spec : engine::samplers()) {
        catalog.samplers.push_back(describe(spec));
    }
    for (const engine::Schedule& schedule : engine::schedules()) {
        catalog.schedules.push_back(
            {.name = std::string(schedule.name),
             .label = std::string(schedule.label),
             .aliases = strings(schedule.aliases),
             .default_rho = static_cast<double>(schedule.default_rho),
             .need_inner_model = schedule.need_inner_model});
    }
    return catalog;
}

}  // namespace darkroom::agent
