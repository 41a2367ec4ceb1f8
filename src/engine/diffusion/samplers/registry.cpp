// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/samplers/registry.h"

#include <array>

#include "engine/diffusion/samplers/ddim.h"
#include "engine/diffusion/samplers/dpmpp_2m.h"
#include "engine/diffusion/samplers/euler.h"
#include "engine/diffusion/samplers/heun.h"
#include "engine/diffusion/samplers/lms.h"
#include "engine/diffusion/samplers/stochastic.h"

namespace darkroom::engine {

namespace {

using std::string_view;

constexpr std::array<string_view, 1> kDpmpp2mAliases = {"k_dpmpp_2m"};
constexpr std::array<string_view, 2> kEulerAncestralAliases = {"k_euler_a", "k_euler_ancestral"};
constexpr std::array<string_view, 1> kEulerAliases = {"k_euler"};
constexpr std::array<string_view, 1> kLmsAliases = {"k_lms"};
constexpr std::array<string_view, 1> kHeunAliases = {"k_heun"};
constexpr std::array<string_view, 1> kDdimAliases = {"ddim"};

constexpr std::array<SamplerSpec, 6> kSamplers = {{
    {.name = "DPM++ 2M",
     .aliases = kDpmpp2mAliases,
     .default_schedule = "karras",
     .start = dpmpp_2m},
    {.name = "Euler a",
     .aliases = kEulerAncestralAliases,
     .default_eta = kAncestralEta,
     .uses_ensd = true,
     .start = euler_ancestral},
    {.name = "Euler", .aliases = kEulerAliases, .start = euler},
    {.name = "LMS", .aliases = kLmsAliases, .start = lms},
    {.name = "Heun", .aliases = kHeunAliases, .second_order = true, .start = heun},
    {.name = "DDIM",
     .aliases = kDdimAliases,
     .default_eta = kDdimEta,
     .uses_timesteps = true,
     .start = ddim},
}};

}  // namespace

std::span<const SamplerSpec> samplers() {
    return kSamplers;
}

const SamplerSpec* find_sampler(string_view name) {
    for (const SamplerSpec& sampler : kSamplers) {
        if (sampler.name == name) return &sampler;
    }
    return nullptr;
}

}  // namespace darkroom::engine
