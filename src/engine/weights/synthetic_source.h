// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/weights/weight_source.h"

namespace darkroom::engine {

/// `count` numbers in [-1, 1) that a key determines: FNV-1a of the key seeds SplitMix64. Goldens,
/// benchmarks and synthetic checkpoints are made of these.
std::vector<float> synthetic_stream(std::string_view key, std::int64_t count);

/// A parameter by the rule of the goldens (reference networks.md 15): matrices keep the variance of
/// what flows through them, gains are near 1, biases near 0.
std::vector<float> synthetic_parameter(const std::string& key, const Shape& shape);

/// Gives a network parameters without any file.
class SyntheticSource final : public WeightSource {
  public:
    explicit SyntheticSource(Backend& backend) : backend_(backend) {}

    PackedWeights matrix(
        const std::string& key, const LayerSpec& spec, const Shape& stored_shape) override;
    Tensor vector(const std::string& key, std::int64_t length) override;
    Tensor table(const std::string& key, std::int64_t rows, std::int64_t columns) override;

  private:
    Backend& backend_;
};

}  // namespace darkroom::engine
