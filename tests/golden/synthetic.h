// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/weights/weight_source.h"

namespace darkroom::testing {

/// The deterministic numbers that goldens are made of: FNV-1a of the key seeds SplitMix64, values
/// in [-1, 1).
std::vector<float> stream(std::string_view key, std::int64_t count);

/// Fills a network's parameters by the golden weight rule from their keys and shapes alone.
class SyntheticSource final : public engine::WeightSource {
  public:
    explicit SyntheticSource(engine::Backend& backend) : backend_(backend) {}

    engine::PackedWeights matrix(
        const std::string& key,
        const engine::LayerSpec& spec,
        const engine::Shape& stored_shape) override;
    engine::Tensor vector(const std::string& key, std::int64_t length) override;
    engine::Tensor table(
        const std::string& key, std::int64_t rows, std::int64_t columns) override;

  private:
    engine::Backend& backend_;
};

/// The input stream("input:NAME") as an NHWC tensor of compute dtype, from an NCHW shape.
engine::Tensor input_nhwc(
    engine::Backend& backend, std::string_view name, const engine::Shape& nchw);

}  // namespace darkroom::testing
