// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/tensor/backend.h"
#include "engine/weights/weight_source.h"

// Layers take wide (f32) inputs or compute dtype, and round what enters a product (see
// `unrounded` for the exception).

namespace darkroom::engine {

/// How a linear layer's parameters stand in the file.
enum class LinearForm {
    /// weight [out, in] and bias [out].
    with_bias,
    /// weight [out, in] only.
    without_bias,
    /// A 1x1 convolution: weight [out, in, 1, 1] and bias [out].
    convolution_1x1,
};

/// y = activation(x W^T + b) + residual, torch.nn.Linear or a 1x1 torch.nn.Conv2d.
class Linear {
  public:
    Linear() = default;
    Linear(
        WeightSource& source,
        const std::string& prefix,
        const LinearSpec& spec,
        LinearForm form = LinearForm::with_bias);

    /// x [..., in] of rank 2 (rows) or 3 ([samples, rows, in]), or a feature map [n, h, w, in];
    /// the result has the same leading extents. The epilogue's bias is the layer's own.
    Tensor operator()(const Tensor& x, Epilogue epilogue = {}) const;
    /// As without an epilogue, wide. A wide x enters as two numbers of the compute dtype, in bf16
    /// with 16 bits instead of 8: twice the products, for small layers that all others hear.
    [[nodiscard]] Tensor unrounded(const Tensor& x) const;

  private:
    [[nodiscard]] Tensor run(const Tensor& x, Epilogue epilogue) const;

    PackedWeights weights_;
    Tensor bias_;
};

/// torch.nn.Conv2d over NHWC, bias always present.
class Conv2d {
  public:
    Conv2d() = default;
    Conv2d(WeightSource& source, const std::string& prefix, const Conv2dSpec& spec);

    /// x [n, h, w, in]. A bias in the epilogue stands in for the layer's own.
    Tensor operator()(const Tensor& x, Epilogue epilogue = {}) const;
    /// As Linear's.
    [[nodiscard]] Tensor unrounded(const Tensor& x) const;
    /// A band of rows, padded above and below as is said here.
    [[nodiscard]] Tensor band(
        const Tensor& x, const RowPadding& padding, Epilogue epilogue = {}) const;

    [[nodiscard]] const Conv2dSpec& spec() const { return std::get<Conv2dSpec>(weights_.spec); }
    /// f32 [out].
    [[nodiscard]] const Tensor& bias() const { return bias_; }

  private:
    PackedWeights weights_;
    Tensor bias_;
};

/// torch.nn.GroupNorm over NHWC with an optional activation.
class GroupNorm {
  public:
    GroupNorm() = default;
    GroupNorm(
        WeightSource& source, const std::string& prefix, std::int64_t channels, float epsilon);

    Tensor operator()(const Tensor& x, Activation activation = Activation::none) const;

    /// What ops::normalise needs for any bands of a map in the place of the whole.
    [[nodiscard]] Tensor scales(std::span<const Tensor> bands) const;

  private:
    static constexpr std::int64_t kGroups = 32;  // every Stable Diffusion network uses 32

    Tensor gamma_;
    Tensor beta_;
    float epsilon_ = 0;
};

/// torch.nn.LayerNorm over the last axis, with torch's own epsilon.
class LayerNorm {
  public:
    LayerNorm() = default;
    LayerNorm(WeightSource& source, const std::string& prefix, std::int64_t channels);

    Tensor operator()(const Tensor& x, LayerNormOptions options = {}) const;

  private:
    Tensor gamma_;
    Tensor beta_;
};

/// torch.nn.Embedding.
class Embedding {
  public:
    Embedding() = default;
    Embedding(
        WeightSource& source, const std::string& prefix, std::int64_t rows, std::int64_t width);

    /// ids i32 [n, t] -> [n, t, width].
    Tensor operator()(const Tensor& ids) const;

  private:
    Tensor table_;
};

}  // namespace darkroom::engine
