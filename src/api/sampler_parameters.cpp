// SPDX-License-Identifier: Apache-2.0
#include "api/sampler_parameters.h"

#include <algorithm>
#include <array>

namespace darkroom::api {
namespace {

using Eta = SamplerParameters::Eta;

struct Row {
    std::string_view sampler;
    SamplerParameters parameters;
};

constexpr SamplerParameters kChurn{.takes_churn = true, .takes_noise = true};
constexpr SamplerParameters kEta{.eta = Eta::ancestral};
constexpr SamplerParameters kEtaAndNoise{.eta = Eta::ancestral, .takes_noise = true};
constexpr SamplerParameters kTimesteps{.is_timestep_sampler = true};
constexpr SamplerParameters kDdim{.eta = Eta::ddim, .is_timestep_sampler = true};

constexpr std::array<Row, 16> kRows = {{
    {"Euler", kChurn},
    {"Heun", kChurn},
    {"DPM2", kChurn},
    {"Euler a", kEta},
    {"DPM adaptive", kEta},
    {"DPM fast", kEtaAndNoise},
    {"DPM2 a", kEtaAndNoise},
    {"DPM++ 2S a", kEtaAndNoise},
    {"DPM++ SDE", kEtaAndNoise},
    {"DPM++ 2M SDE", kEtaAndNoise},
    {"DPM++ 2M SDE Heun", kEtaAndNoise},
    {"DPM++ 3M SDE", kEtaAndNoise},
    {"DDIM", kDdim},
    {"DDIM CFG++", kDdim},
    {"PLMS", kTimesteps},
    {"UniPC", kTimesteps},
}};

}  // namespace

SamplerParameters sampler_parameters(std::string_view sampler) {
    const auto row = std::ranges::find(kRows, sampler, &Row::sampler);
    return row == kRows.end() ? SamplerParameters{} : row->parameters;
}

}  // namespace darkroom::api
