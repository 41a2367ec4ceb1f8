// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "domain/generation.h"

namespace darkroom::scheduling {

/// What the device time of a task depends on.
struct Work {
    /// What draws it: the checkpoint, or the kind of a task that needs none.
    std::string function = {};
    std::int64_t steps = 0;
    /// Of one picture.
    std::int64_t pixels = 0;
    std::int64_t images = 1;
    /// Guidance asks the network for two answers a step.
    bool is_guided = false;

    /// Millions of pixels that go through the network: steps x pixels x images, twice with
    /// guidance.
    [[nodiscard]] double size() const;
};

Work work_of(const domain::Generation& generation);

/// Where the weights of a checkpoint are for an agent that is to serve it.
enum class Tier {
    resident,
    /// This machine loaded it before.
    cached,
    cold,
};

/// Predicts device seconds from what finished attempts took: load(tier) + fixed(function) +
/// rate(function) x size. A function that was never seen is taken to be as fast as the others
/// (scale-out.md 4.1). A value; not thread-safe.
class CostModel {
  public:
    /// What is kept of one function or one kind of load; older samples fade.
    struct Fit {
        double samples = 0.0;
        /// Mean logarithm of seconds over what the prior says.
        double log_ratio = 0.0;
        // Weighted sums for the least squares of seconds = fixed + rate x size.
        double weight = 0.0;
        double x = 0.0;
        double y = 0.0;
        double xx = 0.0;
        double xy = 0.0;

        bool operator==(const Fit&) const = default;
    };

    /// Everything that was learned, to be kept over a restart.
    struct State {
        std::map<std::string, Fit> functions = {};
        /// By function and tier.
        std::map<std::string, Fit> cached_loads = {};
        std::map<std::string, Fit> cold_loads = {};

        bool operator==(const State&) const = default;
    };

    CostModel() = default;
    /// Goes on from an earlier state; entries with numbers that cannot be are left out.
    explicit CostModel(State state);

    /// Learns from a finished attempt; `seconds` of the device, without the load. Seconds that are
    /// not above 0 are ignored; a sample far from the prediction counts as a moderate one.
    void observe(const Work& work, double seconds);
    /// The same of work by its function and size alone.
    void observe(const std::string& function, double size, double seconds);
    void observe_load(const std::string& function, Tier tier, double seconds);

    /// Device seconds of a task whose checkpoint is loaded.
    [[nodiscard]] double predict(const Work& work) const;
    /// Seconds until the checkpoint is loaded; 0 when it is resident or when there is none.
    [[nodiscard]] double predict_load(const std::string& function, Tier tier) const;

    [[nodiscard]] const State& state() const { return state_; }

  private:
    State state_;
};

}  // namespace darkroom::scheduling
