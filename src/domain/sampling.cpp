// SPDX-License-Identifier: Apache-2.0
#include "domain/sampling.h"

#include <algorithm>
#include <string_view>

#include "base/encoding.h"
#include "base/format.h"

namespace darkroom::domain {
namespace {

constexpr std::size_t kLongestEcho = 80;
constexpr std::string_view kDefaultSampler = "Euler";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool equal_exactly(std::string_view a, std::string_view b) {
    return a == b;
}

using Equal = bool (*)(std::string_view, std::string_view);

std::vector<std::string_view> spellings(const SamplerDescription& sampler) {
    std::vector<std::string_view> result = {sampler.name};
    result.insert(result.end(), sampler.aliases.begin(), sampler.aliases.end());
    return result;
}

std::vector<std::string_view> spellings(const ScheduleDescription& schedule) {
    std::vector<std::string_view> result = {schedule.label, schedule.name};
    result.insert(result.end(), schedule.aliases.begin(), schedule.aliases.end());
    return result;
}

template <class Description>
const Description* find(const std::vector<Description>& descriptions, std::string_view text) {
    for (const Equal equal : {Equal{equal_exactly}, Equal{equal_ignoring_case}}) {
        for (const Description& description : descriptions) {
            for (const std::string_view spelling : spellings(description)) {
                if (equal(spelling, text)) return &description;
            }
        }
    }
    return nullptr;
}

struct Match {
    const SamplerDescription* sampler = nullptr;
    const ScheduleDescription* schedule = nullptr;
};

/// The sampler's name without " <schedule>"; empty when it does not end so.
std::string_view without_suffix(std::string_view text, std::string_view schedule) {
    if (text.size() < schedule.size() + 2) return {};
    const std::size_t head = text.size() - schedule.size();
    if (text[head - 1] != ' ' || !equal_ignoring_case(text.substr(head), schedule)) return {};
    return text.substr(0, head - 1);
}

/// "SGM Uniform" also ends with "Uniform": only a rest that names a sampler counts.
Match find_with_suffix(const SamplingCatalog& catalog, std::string_view text) {
    for (const ScheduleDescription& schedule : catalog.schedules) {
        for (const std::string_view spelling : spellings(schedule)) {
            const std::string_view rest = without_suffix(text, spelling);
            const SamplerDescription* sampler =
                rest.empty() ? nullptr : find(catalog.samplers, rest);
            if (sampler != nullptr) return {sampler, &schedule};
        }
    }
    return {};
}

std::string echo(std::string_view text) {
    return repair_utf8(text.substr(0, kLongestEcho));
}

Error unknown_sampler(const SamplingCatalog& catalog, std::string_view text) {
    std::string names;
    for (const SamplerDescription& sampler : catalog.samplers) {
        names += (names.empty() ? "" : ", ") + sampler.name;
    }
    return Error{
        ErrorCode::invalid_argument,
        format("unknown sampler (valid names: {}): {}", names, echo(text)),
        "sampler_name"};
}

Error unknown_schedule(const SamplingCatalog& catalog, std::string_view text) {
    std::string labels;
    for (const ScheduleDescription& schedule : catalog.schedules) {
        labels += (labels.empty() ? "" : ", ") + schedule.label;
    }
    return Error{
        ErrorCode::invalid_argument,
        format("unknown scheduler (valid names: {}): {}", labels, echo(text)),
        "scheduler"};
}

Result<Match> find_sampler(const SamplingCatalog& catalog, const std::string& text) {
    if (text.empty()) {
        DARKROOM_CHECK(!catalog.samplers.empty(), "a catalog lists at least one sampler");
        const SamplerDescription* preferred = find(catalog.samplers, kDefaultSampler);
        return Match{preferred != nullptr ? preferred : &catalog.samplers.front(), nullptr};
    }
    if (const SamplerDescription* sampler = find(catalog.samplers, text)) {
        return Match{sampler, nullptr};
    }
    const Match match = find_with_suffix(catalog, text);
    if (match.sampler == nullptr) return unknown_sampler(catalog, text);
    return match;
}

}  // namespace

Result<SamplingChoice> resolve_sampling(
    const SamplingCatalog& catalog,
    std::optional<std::string> sampler_name,
    std::optional<std::string> scheduler) {
    DARKROOM_TRY_ASSIGN(Match match, find_sampler(catalog, sampler_name.value_or("")));
    if (scheduler && !scheduler->empty()) {
        match.schedule = find(catalog.schedules, *scheduler);
        if (match.schedule == nullptr) return unknown_schedule(catalog, *scheduler);
    }
    SamplingChoice choice{match.sampler->name, kAutomaticSchedule};
    if (match.schedule != nullptr && match.schedule->label != match.sampler->default_schedule) {
        choice.schedule = match.schedule->label;
    }
    return choice;
}

}  // namespace darkroom::domain
