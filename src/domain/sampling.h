// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace darkroom::domain {

/// A sampler as the API lists it.
struct SamplerDescription {
    std::string name;
    std::vector<std::string> aliases = {};
    /// Listed as strings: {"uses_ensd": "True"}.
    std::map<std::string, std::string> options = {};
    /// Label of the schedule that Automatic means for this sampler; empty when it has none.
    std::string default_schedule = {};
};

/// A noise schedule as the API lists it.
struct ScheduleDescription {
    std::string name;
    std::string label;
    std::vector<std::string> aliases = {};
    double default_rho = -1.0;
    bool need_inner_model = false;
};

/// What the engine offers, in the order of the lists. The application fills it in.
struct SamplingCatalog {
    std::vector<SamplerDescription> samplers;
    std::vector<ScheduleDescription> schedules;
};

/// A sampler's name and a schedule's label, both as the catalog spells them.
struct SamplingChoice {
    std::string sampler;
    std::string schedule;
};

/// Label of the schedule that leaves the choice to the sampler.
inline constexpr const char* kAutomaticSchedule = "Automatic";

/// Finds what a request names. A sampler goes by name or alias, a schedule by label, name or
/// alias; an exact spelling is preferred, then case is ignored. A schedule may also end the
/// sampler's name ("DPM++ 2M Karras"); the `scheduler` field wins over that. An absent or empty
/// sampler is "Euler" (the first of the catalog when it has none), an absent scheduler is
/// Automatic, and a sampler's own default schedule is reported as Automatic.
///
/// Fails with invalid_argument, field "sampler_name" or "scheduler", listing the valid names.
/// A1111 draws unknown names with its first sampler instead; we do not.
Result<SamplingChoice> resolve_sampling(
    const SamplingCatalog& catalog,
    std::optional<std::string> sampler_name,
    std::optional<std::string> scheduler);

}  // namespace darkroom::domain
