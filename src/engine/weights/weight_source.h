// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/tensor/backend.h"

namespace darkroom::engine {

/// Where a network gets its parameters while it is being built. A network is written once: built
/// from a KeyRecorder it lists the keys it needs, built from a PackedWeightSource it can run.
/// Constructors never fail; a source remembers its first failure and its owner asks for it.
class WeightSource {
  public:
    virtual ~WeightSource() = default;

    /// The weights of a convolution or linear, stored under `key` with `stored_shape`
    /// (OIHW, or [out, in]; a linear may be stored as a 1x1 convolution).
    virtual PackedWeights matrix(
        const std::string& key, const LayerSpec& spec, const Shape& stored_shape) = 0;
    /// A bias, gain or other 1-D parameter, as f32.
    virtual Tensor vector(const std::string& key, std::int64_t length) = 0;
    /// A lookup table [rows, columns] in the backend's compute dtype.
    virtual Tensor table(const std::string& key, std::int64_t rows, std::int64_t columns) = 0;
};

/// Lists the parameters that a network asks for; what is built from it cannot run.
class KeyRecorder final : public WeightSource {
  public:
    enum class Kind { matrix, vector, table };

    struct Parameter {
        std::string key;
        Shape shape;
        Kind kind = Kind::vector;
        LayerSpec spec;
    };

    PackedWeights matrix(
        const std::string& key, const LayerSpec& spec, const Shape& stored_shape) override;
    Tensor vector(const std::string& key, std::int64_t length) override;
    Tensor table(const std::string& key, std::int64_t rows, std::int64_t columns) override;

    [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }

  private:
    std::vector<Parameter> parameters_;
};

}  // namespace darkroom::engine
