// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/tensor/arena.h"
#include "engine/tensor/backend.h"

namespace darkroom::engine {

/// The operations as plain loops over f32, exact to about one part in 10^7: what other backends
/// are tested against. Weights keep their plain order (tags "f32.oihw" and "f32.oi").
///
/// Elementwise operations, data movement, cast and download also take bf16. Results depend neither
/// on the batch nor on the number of OpenMP threads.
class ReferenceBackend final : public Backend {
  public:
    ReferenceBackend() : arena_(*this) {}

    [[nodiscard]] std::string name() const override { return "reference"; }
    [[nodiscard]] std::string fingerprint() const override { return "reference/f32"; }
    [[nodiscard]] DType compute_dtype() const override { return DType::f32; }

    Tensor empty(const Shape& shape, DType dtype) override;
    Tensor borrow(
        const std::byte* data,
        const Shape& shape,
        DType dtype,
        std::shared_ptr<const void> owner) override;
    void trim() override { arena_.trim(); }
    [[nodiscard]] std::size_t peak_activation_bytes() const override { return arena_.peak_bytes(); }

    [[nodiscard]] PackedLayout layout_of(const LayerSpec& spec) const override;
    void pack(const LayerSpec& spec, std::span<const float> weights, std::span<std::byte> packed)
        override;

    Tensor conv2d_band(
        const Tensor& x,
        const PackedWeights& weights,
        const Epilogue& epilogue,
        const RowPadding& padding) override;
    Tensor linear(const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue) override;
    Tensor group_scales(
        std::span<const Tensor> bands,
        const Tensor& gamma,
        const Tensor& beta,
        const GroupNormOptions& options) override;
    Tensor normalise(
        std::span<const Tensor> bands, const Tensor& scales, Activation activation) override;
    Tensor layer_norm(
        const Tensor& x,
        const Tensor& gamma,
        const Tensor& beta,
        const LayerNormOptions& options) override;
    Tensor attention(
        const Tensor& q,
        const Tensor& k,
        const Tensor& v,
        const AttentionOptions& options) override;
    Tensor softmax(const Tensor& x) override;
    Tensor embedding(const Tensor& table, const Tensor& ids) override;
    Tensor activate(const Tensor& x, Activation activation) override;

    Tensor resize_nearest(const Tensor& x, std::int64_t height, std::int64_t width) override;
    Tensor concat_channels(const Tensor& a, const Tensor& b) override;
    Tensor concat_samples(std::span<const Tensor> parts) override;
    Tensor nchw_to_nhwc(const Tensor& x) override;
    Tensor nhwc_to_nchw(const Tensor& x) override;

    Tensor add(const Tensor& a, const Tensor& b) override;
    Tensor multiply(const Tensor& a, const Tensor& b) override;
    Tensor combine(float a, const Tensor& x, float b, const Tensor& y) override;
    Tensor affine(const Tensor& x, float a, float b) override;
    Tensor cast(const Tensor& x, DType dtype) override;
    bool all_finite(const Tensor& x) override;

    Tensor upload(std::span<const float> values, const Shape& shape) override;
    Tensor upload(std::span<const std::int32_t> values, const Shape& shape) override;
    std::vector<float> download(const Tensor& x) override;

  private:
    Arena arena_;
};

std::unique_ptr<Backend> make_reference_backend();

}  // namespace darkroom::engine
