// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/curves.h"
#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/kernels/vector_parts.h"

// The block of columns that a panel job multiplies with: where it lies, and what its sums become.

namespace darkroom::engine::cpu {
namespace {

/// In vectors of kWidth, as the layout orders them.
struct ColumnBlock {
    static_assert(kMaxVectors % 2 == 0, "a gated block holds pairs of vectors");

    ColumnBlock(const PanelJob& job, std::int64_t depth, int step) {
        const PanelLayout layout = panel_layout(
            {.columns = job.columns,
             .depth = depth,
             .width = kWidth,
             .max_vectors = kMaxVectors,
             .step = step},
            job.gated);
        const int per_unit = layout.width / kWidth;
        const std::int64_t begin = layout.first_vector(job.block);
        const std::int64_t end = layout.first_vector(job.block + 1);
        offset = layout.offset(job.block);
        first = begin * per_unit;
        vectors = static_cast<int>(end - begin) * per_unit;
        all_columns = layout.vectors() * layout.width;
    }

    /// Elements of the weights before it.
    std::int64_t offset;
    std::int64_t first;
    int vectors;
    /// Of all blocks, with padding.
    std::int64_t all_columns;
};

/// What a row's sums become: scale, bias, curve, residual.
template <class Element>
struct RowEnd {
    const float* sums = nullptr;
    /// Of each column; null for products that are what they stand for.
    const float* scales = nullptr;
    const float* bias = nullptr;
    const Element* residual = nullptr;
    Element* output = nullptr;
    /// Columns of the block that exist.
    std::int64_t columns = 0;
};

template <Curve curve, class Element>
inline void finish_row(const RowEnd<Element>& row) {
    std::int64_t c = 0;
    for (; c + kWidth <= row.columns; c += kWidth) {
        Vec value = load(row.sums + c);
        if (row.scales != nullptr) value = value * load(row.scales + c);
        if (row.bias != nullptr) value = value + load(row.bias + c);
        value = apply<curve>(value);
        if (row.residual != nullptr) value = value + load(row.residual + c);
        store(row.output + c, value);
    }
    if (c == row.columns) return;
    const int count = static_cast<int>(row.columns - c);
    Vec value = load(row.sums + c);
    if (row.scales != nullptr) value = value * load(row.scales + c);
    if (row.bias != nullptr) value = value + load_first(row.bias + c, count);
    value = apply<curve>(value);
    if (row.residual != nullptr) value = value + load_first(row.residual + c, count);
    store_first(row.output + c, value, count);
}

template <class Element>
inline void finish_row(Curve curve, const RowEnd<Element>& row) {
    switch (curve) {
        case Curve::none:
            return finish_row<Curve::none>(row);
        case Curve::silu:
            return finish_row<Curve::silu>(row);
        case Curve::gelu:
            return finish_row<Curve::gelu>(row);
        case Curve::quick_gelu:
            return finish_row<Curve::quick_gelu>(row);
    }
}

/// The bias of a row's sample, null for none.
inline const float* bias_of(const PanelJob& job, std::int64_t row) {
    const PanelEpilogue& epilogue = job.epilogue;
    if (epilogue.bias == nullptr || epilogue.bias_stride == 0) return epilogue.bias;
    const std::int64_t sample = row / (job.input.out_height * job.input.out_width);
    return epilogue.bias + sample * epilogue.bias_stride;
}

/// The pixel of the result that a row stands for.
inline std::int64_t pixel_of(const PanelJob& job, std::int64_t row) {
    if (job.spread == 1) return row;
    const std::int64_t line = row / job.input.out_width;
    const std::int64_t x = row - line * job.input.out_width;
    const std::int64_t width = job.spread * job.input.out_width;
    return (line * job.spread + job.first_y) * width + x * job.spread + job.first_x;
}

/// The epilogue of a block's pixels.
template <class Element>
class PixelEnd {
  public:
    PixelEnd(const PanelJob& job, const ColumnBlock& block)
        : job_(job), first_column_(block.first * kWidth) {
        const std::int64_t left = job.columns - first_column_;
        const std::int64_t width = std::int64_t{block.vectors} * kWidth;
        if (job.bytes.columns != nullptr) end_.scales = job.bytes.columns + first_column_;
        end_.columns = left < width ? left : width;
    }

    /// Stores what the sums of one pixel of the result become; `row` says whose bias they get.
    void finish(std::int64_t row, std::int64_t pixel, const float* sums) {
        const PanelEpilogue& epilogue = job_.epilogue;
        const std::int64_t at = pixel * job_.columns + first_column_;
        const float* bias = bias_of(job_, row);
        end_.sums = sums;
        end_.bias = bias == nullptr ? nullptr : bias + first_column_;
        if (epilogue.residual != nullptr) {
            end_.residual = static_cast<const Element*>(epilogue.residual) + at;
        }
        end_.output = static_cast<Element*>(job_.output) + at;
        finish_row(epilogue.curve, end_);
    }

  private:
    const PanelJob& job_;
    std::int64_t first_column_;
    RowEnd<Element> end_;
};

template <class Element>
inline void finish_rows(const PanelJob& job, const ColumnBlock& block, const float* sums) {
    PixelEnd<Element> end(job, block);
    for (std::int64_t row = job.row_begin; row < job.row_end; ++row) {
        end.finish(row, pixel_of(job, row), sums);
        sums += std::int64_t{block.vectors} * kWidth;
    }
}

/// Values times GELU of gates; a vector of gates follows each vector of values.
template <class Element>
inline void finish_gated_rows(const PanelJob& job, const ColumnBlock& block, const float* sums) {
    const std::int64_t features = job.columns / 2;
    const float* scales = job.bytes.columns;
    if (scales != nullptr) scales += block.first * kWidth;
    for (std::int64_t row = job.row_begin; row < job.row_end; ++row) {
        const float* bias = bias_of(job, row);
        for (int pair = 0; pair < block.vectors; pair += 2, sums += 2 * kWidth) {
            const std::int64_t feature = (block.first + pair) / 2 * kWidth;
            const int count = vector_part(features - feature);
            Vec value = load(sums);
            Vec gate = load(sums + kWidth);
            if (scales != nullptr) {
                value = value * load(scales + pair * kWidth);
                gate = gate * load(scales + (pair + 1) * kWidth);
            }
            if (bias != nullptr) {
                value = value + load_part(bias + feature, count);
                gate = gate + load_part(bias + features + feature, count);
            }
            auto* output = static_cast<Element*>(job.output) + row * features + feature;
            store_part(output, value * gelu(gate), count);
        }
    }
}

/// The epilogue of a job's rows; sums [rows][vectors of the block].
template <class Element>
inline void finish_block(const PanelJob& job, const ColumnBlock& block, const float* sums) {
    if (job.gated) {
        finish_gated_rows<Element>(job, block, sums);
    } else {
        finish_rows<Element>(job, block, sums);
    }
}

}  // namespace
}  // namespace darkroom::engine::cpu
