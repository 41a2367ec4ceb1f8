// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/timestep_embedding.h"

#include <cmath>
#include <vector>

#include "base/check.h"
#include "base/local_memory.h"

namespace darkroom::engine::ops {

Tensor timestep_embedding(Backend& backend, std::span<const float> timesteps, std::int64_t width) {
    DARKROOM_CHECK(width > 0 && width % 2 == 0, "timestep_embedding of width {}", width);
    const auto half = static_cast<std::size_t>(width / 2);
    // Eight samples of 320 numbers.
    LocalMemory<std::size_t{12} * 1024> memory;
    std::pmr::vector<float> values(memory.resource());
    values.reserve(timesteps.size() * 2 * half);
    std::pmr::vector<float> frequencies(half, memory.resource());
    // ln(10000). Everything in f32, as in the reference.
    constexpr float kLogMaxPeriod = 9.210340371976184f;
    for (std::size_t i = 0; i < half; ++i) {
        frequencies[i] =
            std::exp(-kLogMaxPeriod * static_cast<float>(i) / static_cast<float>(half));
    }
    for (const float timestep : timesteps) {
        for (const float frequency : frequencies)
            values.push_back(std::cos(timestep * frequency));
        for (const float frequency : frequencies)
            values.push_back(std::sin(timestep * frequency));
    }
    return backend.upload(values, Shape{static_cast<std::int64_t>(timesteps.size()), width});
}

}  // namespace darkroom::engine::ops
