// SPDX-License-Identifier: Apache-2.0
#include "scheduling/cost_model.h"

#include <algorithm>
#include <cmath>

namespace darkroom::scheduling {
namespace {

using Fit = CostModel::Fit;
using Fits = std::map<std::string, Fit>;

/// Seconds of a function before anything is known: SD1.5 on two cores needs some 2.4 s for a
/// network call of two samples at 512 x 512.
constexpr double kFirstFixed = 0.5;
constexpr double kFirstRate = 4.5;
constexpr double kFirstCachedLoad = 2.0;
constexpr double kFirstColdLoad = 10.0;

/// Weight of a sample after the next one: some 30 samples are remembered.
constexpr double kFade = 0.97;
/// A function's own scale counts as much as the prior after this many samples.
constexpr double kPriorSamples = 0.25;
/// From the third sample on, one counts at most this many times more or less than predicted.
constexpr double kTrustedSamples = 3.0;
constexpr double kFarthest = 3.0;
/// What was learned before such a sample counts half: either may be the exception.
constexpr double kDoubt = 0.5;

constexpr double kLeastSeconds = 0.001;
constexpr double kMostSeconds = 24.0 * 60 * 60;

struct Line {
    double fixed = 0.0;
    double rate = 0.0;

    [[nodiscard]] double at(double x) const {
        return std::clamp(fixed + rate * x, kLeastSeconds, kMostSeconds);
    }
    [[nodiscard]] Line scaled(double factor) const { return {fixed * factor, rate * factor}; }
};

/// How much slower than the first guess everything is that was seen; 1 before.
double typical_scale(const Fits& fits) {
    if (fits.empty()) return 1.0;
    double sum = 0.0;
    for (const auto& [name, fit] : fits)
        sum += fit.log_ratio;
    return std::exp(sum / static_cast<double>(fits.size()));
}

const Fit* find(const Fits& fits, const std::string& name) {
    const auto found = fits.find(name);
    return found == fits.end() ? nullptr : &found->second;
}

/// The least-squares line of the samples and of one more sample's worth of prior; no term is
/// negative.
Line fitted(const Fit& fit, Line prior) {
    if (fit.weight <= 0.0) return prior;
    // Two samples of the prior, at no size and at twice the mean one, of half a weight each.
    const double mean_weight = fit.weight / std::max(fit.samples, 1.0);
    const double half = 0.5 * mean_weight;
    const double far = 2.0 * fit.x / fit.weight;
    const double far_y = prior.fixed + prior.rate * far;
    const double w = fit.weight + mean_weight;
    const double x = fit.x + half * far;
    const double y = fit.y + half * (prior.fixed + far_y);
    const double xx = fit.xx + half * far * far;
    const double xy = fit.xy + half * far * far_y;
    const double determinant = w * xx - x * x;
    if (determinant <= 1e-12 * w * xx) return {y / w, 0.0};
    const Line line{(xx * y - x * xy) / determinant, (w * xy - x * y) / determinant};
    if (line.fixed < 0.0) return {0.0, xy / xx};
    if (line.rate < 0.0) return {y / w, 0.0};
    return line;
}

/// The prior of one entry: the first guess, scaled by this entry's samples and, while it has few,
/// by those of the others.
Line prior_of(const Fits& fits, const Fit* own, Line first) {
    const double others = std::log(typical_scale(fits));
    if (own == nullptr || own->samples <= 0.0) return first.scaled(std::exp(others));
    const double trust = own->samples / (own->samples + kPriorSamples);
    return first.scaled(std::exp(trust * own->log_ratio + (1.0 - trust) * others));
}

Line line_of(const Fits& fits, const std::string& name, Line first) {
    const Fit* own = find(fits, name);
    const Line prior = prior_of(fits, own, first);
    return own == nullptr ? prior : fitted(*own, prior);
}

struct Sample {
    double x = 0.0;
    double seconds = 0.0;
};

void learn(Fits& fits, const std::string& name, Sample sample, Line first) {
    if (!std::isfinite(sample.seconds) || sample.seconds <= 0.0) return;
    double y = std::clamp(sample.seconds, kLeastSeconds, kMostSeconds);
    const double predicted = line_of(fits, name, first).at(sample.x);
    Fit& fit = fits[name];
    double fade = kFade;
    if (fit.samples >= kTrustedSamples) {
        const double trusted = std::clamp(y, predicted / kFarthest, predicted * kFarthest);
        if (trusted != y) fade = kDoubt;
        y = trusted;
    }
    fit.samples = fit.samples * fade + 1.0;
    // Errors count relative to the size of the task; a weight by what it took would hold on to the
    // faster of old and new samples.
    const double expected = first.at(sample.x);
    const double weight = 1.0 / (expected * expected);
    fit.log_ratio += (std::log(y / expected) - fit.log_ratio) / fit.samples;
    for (double* sum : {&fit.weight, &fit.x, &fit.y, &fit.xx, &fit.xy})
        *sum *= fade;
    fit.weight += weight;
    fit.x += weight * sample.x;
    fit.y += weight * y;
    fit.xx += weight * sample.x * sample.x;
    fit.xy += weight * sample.x * y;
}

bool is_sound(const Fit& fit) {
    const double sums = fit.samples + fit.weight + fit.x + fit.y + fit.xx + fit.xy;
    const double least = std::min({fit.samples, fit.weight, fit.x, fit.y, fit.xx, fit.xy});
    return std::isfinite(sums) && least >= 0.0 && std::abs(fit.log_ratio) < 50.0;
}

void remove_unsound(Fits& fits) {
    std::erase_if(fits, [](const auto& entry) { return !is_sound(entry.second); });
}

}  // namespace

double Work::size() const {
    const double samples = static_cast<double>(images) * (is_guided ? 2.0 : 1.0);
    return static_cast<double>(steps) * static_cast<double>(pixels) * samples / 1e6;
}

Work work_of(const domain::Generation& generation) {
    Work work;
    work.function = generation.model;
    work.steps = generation.steps;
    if (generation.init) {
        // A picture that starts from another goes the last part of the way only.
        const double share = std::clamp(generation.init->denoising_strength, 0.0, 1.0);
        work.steps = std::min(
            work.steps,
            static_cast<std::int64_t>(share * static_cast<double>(generation.steps)) + 1);
    }
    work.pixels = generation.width * generation.height;
    work.images = generation.batch_size * generation.iterations;
    // A1111 leaves the second answer out at scale 1.
    work.is_guided = generation.cfg_scale != 1.0;
    return work;
}

CostModel::CostModel(State state) : state_(std::move(state)) {
    for (Fits* fits : {&state_.functions, &state_.cached_loads, &state_.cold_loads})
        remove_unsound(*fits);
}

void CostModel::observe(const Work& work, double seconds) {
    observe(work.function, work.size(), seconds);
}

void CostModel::observe(const std::string& function, double size, double seconds) {
    learn(state_.functions, function, {size, seconds}, {kFirstFixed, kFirstRate});
}

void CostModel::observe_load(const std::string& function, Tier tier, double seconds) {
    if (tier == Tier::cached) {
        learn(state_.cached_loads, function, {0.0, seconds}, {kFirstCachedLoad, 0.0});
    } else if (tier == Tier::cold) {
        learn(state_.cold_loads, function, {0.0, seconds}, {kFirstColdLoad, 0.0});
    }
}

double CostModel::predict(const Work& work) const {
    const Line first{kFirstFixed, kFirstRate};
    return line_of(state_.functions, work.function, first).at(work.size());
}

double CostModel::predict_load(const std::string& function, Tier tier) const {
    if (function.empty()) return 0.0;
    switch (tier) {
        case Tier::resident:
            return 0.0;
        case Tier::cached:
            return line_of(state_.cached_loads, function, {kFirstCachedLoad, 0.0}).at(0.0);
        case Tier::cold:
            return line_of(state_.cold_loads, function, {kFirstColdLoad, 0.0}).at(0.0);
    }
    return 0.0;
}

}  // namespace darkroom::scheduling
