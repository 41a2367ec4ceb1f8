// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/cpu/state.h"

// How weights are laid out for the kernels.

namespace darkroom::engine {
namespace {

using cpu::LayerShape;

template <class T>
T converted(float value) {
    if constexpr (sizeof(T) == sizeof(float))
        return value;
    else
        return to_bf16(value);
}

/// Fills one column block of a phase.
template <class T>
void pack_block(
    const LayerShape& shape,
    const cpu::PanelLayout& layout,
    std::int64_t vector_width,
    std::int64_t block,
    cpu::TapWeights weights,
    T* packed) {
    const std::int64_t first = layout.first_vector(block) * layout.width;
    const std::int64_t columns = layout.first_vector(block + 1) * layout.width - first;
    const std::int64_t tap_size = layout.steps() / shape.taps * layout.step * columns;
    T* out = packed + layout.offset(block);
    std::fill_n(out, tap_size * shape.taps, T{});
    for (std::int64_t n = 0; n < columns; ++n) {
        const std::int64_t column = shape.column_at(first + n, vector_width);
        if (column < 0) continue;
        for (std::int64_t c = 0; c < shape.channels; ++c) {
            T* at = out + (c / layout.step * columns + n) * layout.step + c % layout.step;
            const float* taps = weights.at(column, c);
            for (std::int64_t tap = 0; tap < shape.taps; ++tap)
                at[tap * tap_size] = converted<T>(taps[tap]);
        }
    }
}

}  // namespace

cpu::LayerShape cpu::shape_before_winograd(const LayerSpec& spec) {
    if (const auto* conv = std::get_if<Conv2dSpec>(&spec)) {
        const std::int64_t taps = conv->kernel * conv->kernel;
        LayerShape shape{conv->in_channels, conv->out_channels, taps};
        if (conv->upsampled) {
            shape.taps = 4;
            shape.form = LayerForm::upsampled;
        }
        return shape;
    }
    const auto& linear = std::get<LinearSpec>(spec);
    return {linear.in_features, linear.weight_rows(), 1, linear.gated};
}

cpu::LayerShape CpuBackend::State::shape_of(const LayerSpec& spec) const {
    LayerShape shape = cpu::shape_before_winograd(spec);
    const auto* conv = std::get_if<Conv2dSpec>(&spec);
    if (conv != nullptr && cpu::takes_winograd(*conv) && !in_bytes(spec)) {
        shape.taps = cpu::kTransformed;
        shape.form = cpu::LayerForm::winograd;
    }
    return shape;
}

const std::string& CpuBackend::State::tag_of(const LayerSpec& spec) const {
    const cpu::LayoutTags& tags = in_bytes(spec) ? byte_tags : own_tags;
    const LayerShape shape = shape_of(spec);
    switch (shape.form) {
        case cpu::LayerForm::direct:
            break;
        case cpu::LayerForm::upsampled:
            return tags.upsampled;
        case cpu::LayerForm::winograd:
            return tags.winograd;
    }
    return shape.gated ? tags.gated : tags.plain;
}

std::size_t CpuBackend::State::phase_bytes(const LayerSpec& spec) const {
    const cpu::PanelLayout panels = weight_layout(spec);
    if (!in_bytes(spec)) return static_cast<std::size_t>(panels.size()) * size_of(dtype);
    return cpu::ByteLayout(panels, shape_of(spec).taps).size_bytes;
}

PackedLayout CpuBackend::State::packed_layout(const LayerSpec& spec) const {
    const auto phases = static_cast<std::size_t>(shape_of(spec).phases());
    return {.tag = tag_of(spec), .size_bytes = phases * phase_bytes(spec)};
}

PackedLayout CpuBackend::layout_of(const LayerSpec& spec) const {
    return state_->packed_layout(spec);
}

void CpuBackend::pack(
    const LayerSpec& spec, std::span<const float> weights, std::span<std::byte> packed) {
    const LayerShape shape = state_->shape_of(spec);
    const cpu::PanelLayout layout = state_->weight_layout(spec);
    DARKROOM_CHECK(
        std::ssize(weights) == shape.file_weights() && packed.size() == layout_of(spec).size_bytes,
        "packing {} weights of {}x{}x{} into {} bytes",
        weights.size(),
        shape.columns,
        shape.channels,
        shape.file_taps(),
        packed.size());
    if (state_->in_bytes(spec)) return state_->pack_bytes(spec, weights, packed);
    const std::size_t bytes = state_->phase_bytes(spec);
    const std::int64_t width = state_->table.width;
    state_->workers.run(shape.phases() * layout.blocks(), [&](std::int64_t piece, int) {
        const std::int64_t phase = piece / layout.blocks();
        const std::int64_t block = piece % layout.blocks();
        const cpu::TapWeights own(shape, weights.data(), phase);
        void* out = packed.data() + static_cast<std::size_t>(phase) * bytes;
        if (state_->dtype == DType::f32) {
            pack_block(shape, layout, width, block, own, static_cast<float*>(out));
        } else {
            pack_block(shape, layout, width, block, own, static_cast<BFloat16*>(out));
        }
    });
}

}  // namespace darkroom::engine
