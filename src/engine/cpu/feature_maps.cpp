// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

std::size_t bytes_of(std::int64_t elements, DType dtype) {
    return static_cast<std::size_t>(elements) * size_of(dtype);
}

/// Calls `copy` for the rows of a tensor, so many at a time that a thread is worth its start.
template <class Copy>
void copy_rows(cpu::Workers& workers, std::int64_t rows, std::size_t row_bytes, const Copy& copy) {
    constexpr std::size_t kPieceBytes = 64 * 1024;
    const auto grain = static_cast<std::int64_t>(
        std::max<std::size_t>(1, kPieceBytes / std::max<std::size_t>(1, row_bytes)));
    workers.run_ranges(rows, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            copy(row);
    });
}

/// [outer, rows, columns] -> [outer, columns, rows] for elements of type T.
template <class T>
void transpose(cpu::Workers& workers, const Tensor& x, const Tensor& y, std::int64_t rows) {
    const auto from = x.values<const T>();
    const auto to = y.values<T>();
    const std::int64_t outer = x.shape()[0];
    if (from.empty()) return;
    const std::int64_t columns = x.numel() / outer / rows;
    copy_rows(
        workers,
        outer * columns,
        static_cast<std::size_t>(rows) * sizeof(T),
        [&](std::int64_t line) {
            const std::int64_t base = line / columns * rows * columns + line % columns;
            const std::int64_t target = line * rows;
            for (std::int64_t row = 0; row < rows; ++row) {
                to[static_cast<std::size_t>(target + row)] =
                    from[static_cast<std::size_t>(base + row * columns)];
            }
        });
}

Tensor transposed(cpu::Workers& workers, const Tensor& x, const Tensor& y, std::int64_t rows) {
    switch (size_of(x.dtype())) {
        case 1:
            transpose<std::uint8_t>(workers, x, y, rows);
            break;
        case 2:
            transpose<std::uint16_t>(workers, x, y, rows);
            break;
        default:
            transpose<std::uint32_t>(workers, x, y, rows);
            break;
    }
    return y;
}

}  // namespace

Tensor CpuBackend::resize_nearest(const Tensor& x, std::int64_t height, std::int64_t width) {
    const Shape& shape = x.shape();
    DARKROOM_CHECK(
        shape.rank() == 4 && shape[1] > 0 && shape[2] > 0 && height > 0 && width > 0,
        "{} resized to {}x{}",
        to_string(shape),
        height,
        width);
    Tensor y = empty({shape[0], height, width, shape[3]}, x.dtype());
    const std::size_t pixel = bytes_of(shape[3], x.dtype());
    const std::size_t row_bytes = pixel * static_cast<std::size_t>(width);
    copy_rows(state_->workers, shape[0] * height, row_bytes, [&](std::int64_t line) {
        const std::int64_t sample = line / height;
        const std::int64_t row = line % height * shape[1] / height;
        const std::byte* from =
            x.data() + bytes_of((sample * shape[1] + row) * shape[2] * shape[3], x.dtype());
        std::byte* to = y.data() + static_cast<std::size_t>(line) * row_bytes;
        for (std::int64_t column = 0; column < width; ++column, to += pixel) {
            const auto source = static_cast<std::size_t>(column * shape[2] / width);
            std::memcpy(to, from + source * pixel, pixel);
        }
    });
    return y;
}

Tensor CpuBackend::concat_channels(const Tensor& a, const Tensor& b) {
    const std::int64_t first = a.shape()[-1];
    const std::int64_t second = b.shape()[-1];
    DARKROOM_CHECK(
        a.dtype() == b.dtype() && a.shape().with(-1, second) == b.shape(),
        "{} {} beside {} {}",
        to_string(a.dtype()),
        to_string(a.shape()),
        to_string(b.dtype()),
        to_string(b.shape()));
    Tensor y = empty(a.shape().with(-1, first + second), a.dtype());
    const std::size_t left = bytes_of(first, a.dtype());
    const std::size_t right = bytes_of(second, a.dtype());
    const std::int64_t rows = y.numel() / std::max<std::int64_t>(1, first + second);
    copy_rows(state_->workers, rows, left + right, [&](std::int64_t row) {
        const auto at = static_cast<std::size_t>(row);
        std::byte* to = y.data() + at * (left + right);
        std::memcpy(to, a.data() + at * left, left);
        std::memcpy(to + left, b.data() + at * right, right);
    });
    return y;
}

Tensor CpuBackend::concat_samples(std::span<const Tensor> parts) {
    DARKROOM_CHECK(!parts.empty(), "nothing to stack");
    std::int64_t samples = 0;
    for (const Tensor& part : parts) {
        DARKROOM_CHECK(
            part.dtype() == parts[0].dtype() &&
                part.shape().with(0, 1) == parts[0].shape().with(0, 1),
            "{} {} on {} {}",
            to_string(part.dtype()),
            to_string(part.shape()),
            to_string(parts[0].dtype()),
            to_string(parts[0].shape()));
        samples += part.shape()[0];
    }
    Tensor y = empty(parts[0].shape().with(0, samples), parts[0].dtype());
    std::byte* to = y.data();
    for (const Tensor& part : parts) {
        std::memcpy(to, part.data(), part.size_bytes());
        to += part.size_bytes();
    }
    return y;
}

Tensor CpuBackend::nchw_to_nhwc(const Tensor& x) {
    const Shape& shape = x.shape();
    DARKROOM_CHECK(shape.rank() == 4, "a feature map of {}", to_string(shape));
    const Tensor y = empty({shape[0], shape[2], shape[3], shape[1]}, x.dtype());
    return transposed(state_->workers, x, y, shape[1]);
}

Tensor CpuBackend::nhwc_to_nchw(const Tensor& x) {
    const Shape& shape = x.shape();
    DARKROOM_CHECK(shape.rank() == 4, "a feature map of {}", to_string(shape));
    const Tensor y = empty({shape[0], shape[3], shape[1], shape[2]}, x.dtype());
    return transposed(state_->workers, x, y, shape[1] * shape[2]);
}

Tensor CpuBackend::embedding(const Tensor& table, const Tensor& ids) {
    const Shape& shape = ids.shape();
    DARKROOM_CHECK(
        table.shape().rank() == 2 && shape.rank() == 2 && ids.dtype() == DType::i32,
        "{} {} looked up in {}",
        to_string(ids.dtype()),
        to_string(shape),
        to_string(table.shape()));
    const std::int64_t channels = table.shape()[1];
    Tensor y = empty({shape[0], shape[1], channels}, table.dtype());
    const std::size_t row_bytes = bytes_of(channels, table.dtype());
    std::byte* to = y.data();
    for (const std::int32_t id : ids.values<const std::int32_t>()) {
        DARKROOM_CHECK(
            id >= 0 && id < table.shape()[0], "row {} of a table of {}", id, table.shape()[0]);
        std::memcpy(to, table.data() + static_cast<std::size_t>(id) * row_bytes, row_bytes);
        to += row_bytes;
    }
    return y;
}

}  // namespace darkroom::engine
