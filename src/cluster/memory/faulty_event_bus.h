// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "cluster/event_bus.h"

namespace darkroom::cluster {

/// EventBus for tests that does what a bus may: it loses, doubles and holds back messages, by a
/// random sequence of its own.
class FaultyEventBus final : public EventBus {
  public:
    /// In percent of the messages; the rest passes.
    struct Faults {
        unsigned lost = 0;
        unsigned doubled = 0;
        /// Delivered after the next message that passes.
        unsigned delayed = 0;
    };

    /// `inner` outlives the bus.
    FaultyEventBus(EventBus& inner, Faults faults, std::uint32_t seed)
        : inner_(inner), faults_(faults), state_(State{std::minstd_rand(seed), {}}) {}

    void publish(BusMessage message) override {
        for (BusMessage& passed : judge(std::move(message)))
            inner_.publish(std::move(passed));
    }

    Subscription subscribe(Handler handler) override {
        return inner_.subscribe(std::move(handler));
    }

  private:
    struct State {
        std::minstd_rand random;
        std::vector<BusMessage> held_back;
    };

    std::vector<BusMessage> judge(BusMessage message) {
        const auto state = state_.lock();
        const auto draw = static_cast<unsigned>(state->random() % 100);
        if (draw < faults_.lost) return {};
        if (draw < faults_.lost + faults_.delayed) {
            state->held_back.push_back(std::move(message));
            return {};
        }
        std::vector<BusMessage> passed{message};
        if (draw < faults_.lost + faults_.delayed + faults_.doubled) passed.push_back(message);
        for (BusMessage& late : std::exchange(state->held_back, {}))
            passed.push_back(std::move(late));
        return passed;
    }

    EventBus& inner_;
    Faults faults_;
    Guarded<State> state_;
};

}  // namespace darkroom::cluster
