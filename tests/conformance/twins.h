// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "conformance/backends.h"
#include "conformance/random_numbers.h"
#include "conformance/tolerance.h"
#include "engine/reference/backend.h"

namespace darkroom::engine::conformance {

/// Names a test after its backend.
std::string name_of(const ::testing::TestParamInfo<BackendKind>& kind);

/// The same numbers in the tested backend and in the reference.
struct Twin {
    Tensor tested;
    Tensor reference;
};

struct TwinWeights {
    PackedWeights tested;
    PackedWeights reference;
};

/// Rounds to the dtype and back.
std::vector<float> rounded(std::vector<float> values, DType dtype);

/// Weights of one layer, 64-byte aligned, in the backend's layout.
PackedWeights packed(Backend& backend, const LayerSpec& spec, std::span<const float> weights);

/// How many weights a layer has, and how many of them make one number of its result.
std::int64_t weight_count(const LayerSpec& spec);
std::int64_t fan_in(const LayerSpec& spec);
/// What stands between a convolution's operands and its result.
Arithmetic arithmetic_of(const Conv2dSpec& spec);

/// Runs one operation on a production backend and on the reference. Inputs are rounded to the
/// backend's dtype first, on both sides.
class Conformance : public ::testing::TestWithParam<BackendKind> {
  protected:
    void SetUp() override;

    /// Activations: compute dtype in the tested backend, f32 in the reference.
    Twin twin(RandomNumbers& numbers, const Shape& shape, const Distribution& distribution = {});
    Twin twin(std::vector<float> values, const Shape& shape);
    /// f32 on both sides: biases, gammas.
    Twin f32_twin(RandomNumbers& numbers, const Shape& shape, const Distribution& = {});
    Twin f32_twin(const std::vector<float>& values, const Shape& shape);
    /// The dtype on both sides.
    Twin twin_of(DType dtype, RandomNumbers& numbers, const Shape& shape);
    Twin id_twin(const std::vector<std::int32_t>& ids, const Shape& shape);
    /// Weights whose result has the deviation of its input.
    TwinWeights weights(RandomNumbers& numbers, const LayerSpec& spec);

    /// The result's shape, dtype (the tested backend's own) and numbers.
    void expect_close(const Twin& result, Arithmetic arithmetic);
    void expect_equal(const Twin& result) { expect_close(result, Arithmetic::none); }

    [[nodiscard]] DType dtype() const { return GetParam().dtype; }
    [[nodiscard]] Backend& tested() { return *tested_; }

    ReferenceBackend reference_;

  private:
    std::unique_ptr<Backend> tested_;
};

}  // namespace darkroom::engine::conformance
