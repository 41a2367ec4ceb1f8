// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/check.h"
#include "engine/cpu/backend.h"
#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/kernels/table.h"
#include "engine/cpu/workers.h"
#include "engine/tensor/arena.h"

namespace darkroom::engine {

namespace cpu {

/// How a layer's results are made.
enum class LayerForm {
    /// As defined.
    direct,
    /// Over a picture with each pixel made two by two, a kernel of three by three sees no more than
    /// two by two pixels of the picture: the weights of taps that fall on one pixel are added up.
    /// Which do depends on whether the result's row and column are even or odd; each of the four is
    /// a phase, with weights of its own.
    upsampled,
    /// kernels/winograd.h
    winograd,
};

/// A layer as a matrix of [taps * channels, columns] for each phase.
struct LayerShape {
    std::int64_t channels = 0;
    std::int64_t columns = 0;
    std::int64_t taps = 1;
    bool gated = false;
    LayerForm form = LayerForm::direct;

    [[nodiscard]] std::int64_t phases() const { return form == LayerForm::upsampled ? 4 : 1; }
    /// Of the file's weights, [columns][channels][taps].
    [[nodiscard]] std::int64_t file_taps() const { return form == LayerForm::direct ? taps : 9; }
    [[nodiscard]] std::int64_t file_weights() const { return columns * channels * file_taps(); }

    /// The column that stands in a column of the packed layout, which has vectors of `width`; -1
    /// where padding does.
    [[nodiscard]] std::int64_t column_at(std::int64_t packed, std::int64_t width) const {
        if (!gated) return packed < columns ? packed : -1;
        const std::int64_t features = columns / 2;
        const std::int64_t feature = packed / (2 * width) * width + packed % width;
        const bool is_gate = packed / width % 2 == 1;
        return feature >= features ? -1 : is_gate ? features + feature : feature;
    }
};

/// The shape that a layer has in any backend whose products are of bytes.
LayerShape shape_before_winograd(const LayerSpec& spec);

/// Whether a layer whose products are not of bytes has Winograd's form.
bool takes_winograd(const Conv2dSpec& spec);

/// The file's weights of one layer as those of one phase.
class TapWeights {
  public:
    TapWeights(const LayerShape& shape, const float* weights, std::int64_t phase)
        : shape_(shape), weights_(weights), phase_(phase) {}

    /// Of one column and channel under each tap; until the next call.
    const float* at(std::int64_t column, std::int64_t channel);

  private:
    const LayerShape& shape_;
    const float* weights_;
    std::int64_t phase_;
    float made_[kTransformed] = {};
};

/// What layouts are called.
struct LayoutTags {
    std::string plain;
    std::string gated;
    std::string upsampled;
    std::string winograd;
};

inline std::int64_t rounded_up(std::int64_t value, std::int64_t step) {
    return (value + step - 1) / step * step;
}

}  // namespace cpu

struct CpuBackend::State {
    State(CpuBackend& backend, const CpuOptions& options);

    /// The kernels for a tensor's element type; f32 or bf16.
    [[nodiscard]] const cpu::ElementKernels& kernels_of(DType element) const;

    /// Whether a layer's products are of bytes.
    [[nodiscard]] bool in_bytes(const LayerSpec& spec) const;
    [[nodiscard]] cpu::LayerShape shape_of(const LayerSpec& spec) const;
    /// The tag of a layer's packed layout.
    [[nodiscard]] const std::string& tag_of(const LayerSpec& spec) const;
    [[nodiscard]] PackedLayout packed_layout(const LayerSpec& spec) const;
    /// From one phase's packed weights to the next one's.
    [[nodiscard]] std::size_t phase_bytes(const LayerSpec& spec) const;
    // Inline since the layout's type belongs to each translation unit.
    /// Of one phase.
    [[nodiscard]] cpu::PanelLayout weight_layout(const LayerSpec& spec) const {
        const cpu::LayerShape shape = shape_of(spec);
        DARKROOM_CHECK(
            shape.channels > 0 && shape.columns > 0 && shape.taps > 0,
            "a layer from {} to {} channels",
            shape.channels,
            shape.columns);
        const int step = in_bytes(spec) ? cpu::kByteStep : kernels_of(dtype).step;
        return cpu::panel_layout(
            {.columns = shape.columns,
             .depth = shape.taps * cpu::rounded_up(shape.channels, step),
             .width = table.width,
             .max_vectors = table.max_vectors,
             .step = step},
            shape.gated);
    }
    void pack_bytes(
        const LayerSpec& spec, std::span<const float> weights, std::span<std::byte> packed);
    /// The rows of one job of a layer with `rows` rows in each of `blocks` blocks: equal shares of
    /// at most `most`, a multiple of 12, and smaller where those would leave threads idle.
    [[nodiscard]] std::int64_t share_of_rows(
        std::int64_t rows, std::int64_t blocks, std::int64_t most) const;
    /// What all jobs of a layer have in common but their input.
    [[nodiscard]] cpu::PanelJob job_of(
        const PackedWeights& weights, const Epilogue& epilogue, const Tensor& result) const;
    /// Fills `result` with the products of a window over x with packed weights. Of `window`, data
    /// and channels are set here, and what an upsampling layer's phases have of their own.
    [[nodiscard]] Tensor run_panels(
        const Tensor& x,
        cpu::PanelInput window,
        const PackedWeights& weights,
        const Epilogue& epilogue,
        const Tensor& result);
    /// The same in Winograd's form.
    [[nodiscard]] Tensor run_winograd(
        const Tensor& x,
        cpu::PanelInput window,
        const PackedWeights& weights,
        const Epilogue& epilogue,
        const Tensor& result);
    /// x as bytes, and how its pixels stand in them; kept by the caller while they are used.
    struct ByteInput {
        Tensor bytes;
        Tensor scales;
    };
    [[nodiscard]] ByteInput quantised(const Tensor& x);
    /// With the weights of the first phase.
    [[nodiscard]] cpu::ByteScales byte_scales(
        const ByteInput& input, const PackedWeights& weights) const;

    InstructionSet instruction_set;
    DType dtype;
    /// Layers that bear it multiply bytes.
    bool int8;
    std::string note;
    cpu::KernelTable table;
    /// With weights of the dtype, and of bytes.
    cpu::LayoutTags own_tags;
    cpu::LayoutTags byte_tags;
    /// As the backend was made with.
    int first_threads;
    cpu::Workers workers;
    Arena arena;
};

namespace cpu {

/// Where the parts of a layer's packed bytes begin; multiples of a cache line.
struct ByteLayout {
    ByteLayout(const PanelLayout& panels, std::int64_t taps)
        : ByteLayout(panels.size(), panels.vectors() * panels.width, taps) {}
    ByteLayout(std::int64_t weights, std::int64_t columns, std::int64_t taps);

    /// Weights of one step, for each column.
    std::size_t scales = 0;
    /// Sums of a column's weights under each tap.
    std::size_t sums = 0;
    std::size_t size_bytes = 0;
};

/// Elements that one piece of elementwise work takes.
constexpr std::int64_t kGrain = 32 * 1024;

Curve curve_of(Activation activation);

/// The floats of a bias, gamma or beta: f32 [count], or [samples, count] where `samples` is given.
const float* floats_of(const Tensor& values, std::int64_t count, std::int64_t samples = 1);

}  // namespace cpu
}  // namespace darkroom::engine
