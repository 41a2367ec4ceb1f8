// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/cpu/instruction_set.h"
#include "engine/tensor/backend.h"

namespace darkroom::engine {

struct CpuOptions {
    /// Absent: the best one that the CPU has.
    std::optional<InstructionSet> instruction_set = {};
    /// f32 or bf16. Absent: bf16 where the CPU multiplies it, else f32.
    std::optional<DType> dtype = {};
    /// Multiplies bytes in layers that bear it (LayerSpec's `quantisable`), on any CPU; `dtype`
    /// is that of everything else.
    bool int8 = false;
    /// Uses VNNI for that where the CPU has it. Results do not depend on it.
    bool vnni = true;
    /// Zero: one per core.
    int threads = 0;
};

/// The operations on the CPU's vector units, with kernels for AVX-512 (f32, bf16 and int8), AVX2
/// and plain C++ (f32 and int8) chosen at run time. Convolutions and linears are implicit products
/// with weights that are packed once into one layout, which serves every batch and picture size.
///
/// Each result element is the same chain of operations whatever the batch, the number of threads
/// and the way the work is cut, so bytes are equal for equal fingerprint by construction.
class CpuBackend final : public Backend {
  public:
    /// Fails with invalid_argument for an instruction set that the CPU lacks, for a dtype other
    /// than f32 and bf16, and for a negative number of threads.
    static Result<std::unique_ptr<CpuBackend>> make(const CpuOptions& options);
    ~CpuBackend() override;

    [[nodiscard]] std::string name() const override { return "cpu"; }
    [[nodiscard]] std::string fingerprint() const override;
    [[nodiscard]] DType compute_dtype() const override;
    [[nodiscard]] InstructionSet instruction_set() const;
    /// "f32", "bf16" or "int8".
    [[nodiscard]] std::string precision() const;
    [[nodiscard]] int threads() const;
    /// Between two operations; 0 is the number that the backend was made with. Results do not
    /// depend on it.
    void set_threads(int threads);
    /// A sentence for the user when the CPU does what was asked for in another way (f32 for bf16),
    /// or slowly (int8 without VNNI); else empty.
    [[nodiscard]] std::string note() const;

    Tensor empty(const Shape& shape, DType dtype) override;
    Tensor borrow(
        const std::byte* data,
        const Shape& shape,
        DType dtype,
        std::shared_ptr<const void> owner) override;
    void trim() override;
    [[nodiscard]] std::size_t peak_activation_bytes() const override;

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
    struct State;

    explicit CpuBackend(const CpuOptions& options);

    std::unique_ptr<State> state_;
};

}  // namespace darkroom::engine
