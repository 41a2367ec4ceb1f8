// SPDX-License-Identifier: Apache-2.0
#include "scheduling/workload.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <random>

namespace darkroom::scheduling {
namespace {

constexpr std::size_t kModels = 87;
constexpr std::size_t kTenants = 4'247;
constexpr double kTenantSlope = 0.8;
constexpr double kSameModel = 0.718;
constexpr double kPerMinute = 0.81;
/// Log-normal: p50 23 s, p90 53 s.
constexpr double kMedianSeconds = 23.0;
constexpr double kSpread = 0.65;
constexpr double kLongest = 300.0;
constexpr double kShortest = 3.0;
/// Makes the worst hour some nine times the mean, as in the trace.
constexpr double kBurstSpread = 0.75;

constexpr std::array kModelShares = {30.7, 15.0, 9.4, 7.9, 7.5, 4.3, 3.6, 3.0, 2.7, 2.7,
                                     2.2,  0.9,  0.8, 0.7, 0.7, 0.5, 0.4, 0.4, 0.4, 0.4};
constexpr std::array kHours = {14.3, 4.1, 4.4, 4.5, 2.5, 1.3, 1.3,  0.9, 0.5, 0.2,  0.1,  0.0,
                               0.0,  0.0, 0.0, 0.1, 2.4, 8.7, 10.3, 2.3, 4.1, 12.4, 12.4, 13.2};

/// std's distributions differ between libraries; these do not.
class Random {
  public:
    explicit Random(std::uint32_t seed) : engine_(seed) {}

    double uniform() { return (static_cast<double>(engine_()) + 0.5) / 4294967296.0; }
    double exponential(double mean) { return -std::log(uniform()) * mean; }
    double normal() {
        return std::sqrt(-2.0 * std::log(uniform())) * std::cos(2.0 * std::numbers::pi * uniform());
    }
    /// An index, with a chance in proportion to the weights whose running sums these are.
    std::size_t pick(const std::vector<double>& sums) {
        const auto found = std::ranges::upper_bound(sums, uniform() * sums.back());
        return static_cast<std::size_t>(found - sums.begin());
    }

  private:
    std::mt19937 engine_;
};

std::vector<double> model_sums() {
    std::vector<double> sums;
    double sum = 0.0;
    for (std::size_t i = 0; i < kModels; ++i) {
        const double tail = 0.4 * std::pow(20.0 / static_cast<double>(i + 1), 2.2);
        sum += i < kModelShares.size() ? kModelShares[i] : tail;
        sums.push_back(sum);
    }
    return sums;
}

std::vector<double> tenant_sums() {
    std::vector<double> sums;
    double sum = 0.0;
    for (std::size_t i = 0; i < kTenants; ++i) {
        sum += std::pow(static_cast<double>(i + 1), -kTenantSlope);
        sums.push_back(sum);
    }
    return sums;
}

std::int64_t draw_images(Random& random) {
    const double p = random.uniform();
    if (p < 0.578) return 1;
    if (p < 0.660) return 2;
    return p < 0.851 ? 4 : 8;
}

}  // namespace

std::vector<Arrival> generate_workload(const WorkloadOptions& options) {
    Random random(options.seed);
    const std::vector<double> models = model_sums();
    const std::vector<double> tenants = tenant_sums();
    std::map<std::size_t, std::size_t> last_model;
    std::vector<Arrival> arrivals;
    const auto hours = static_cast<std::size_t>(options.days * 24.0);
    for (std::size_t hour = 0; hour < hours; ++hour) {
        const double day_share = kHours.at(hour % kHours.size()) / 100.0;
        const double burst =
            std::exp(kBurstSpread * random.normal() - kBurstSpread * kBurstSpread / 2.0);
        const double per_hour = kPerMinute * 60.0 * 24.0 * day_share * burst;
        if (per_hour <= 0.0) continue;
        const double begin = static_cast<double>(hour) * 3'600.0;
        double time = begin + random.exponential(3'600.0 / per_hour);
        for (; time < begin + 3'600.0; time += random.exponential(3'600.0 / per_hour)) {
            const std::size_t tenant = random.pick(tenants);
            const auto last = last_model.find(tenant);
            const bool stays = last != last_model.end() && random.uniform() < kSameModel;
            const std::size_t model = stays ? last->second : random.pick(models);
            last_model[tenant] = model;
            const double seconds = kMedianSeconds * std::exp(kSpread * random.normal());
            arrivals.push_back(
                {time / options.speed,
                 "tenant-" + std::to_string(tenant),
                 "model-" + std::to_string(model),
                 draw_images(random),
                 std::clamp(seconds, kShortest, kLongest)});
        }
    }
    return arrivals;
}

}  // namespace darkroom::scheduling
