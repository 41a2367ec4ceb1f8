// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "base/check.h"
#include "engine/reference/backend.h"

// Data movement copies bytes, so that it serves every dtype.

namespace darkroom::engine {
namespace {

std::size_t bytes_of(std::int64_t elements, DType dtype) {
    return static_cast<std::size_t>(elements) * size_of(dtype);
}

/// [n, a, b] to [n, b, a].
void transpose(const Tensor& from, const Tensor& to, std::int64_t a, std::int64_t b) {
    const std::size_t size = size_of(from.dtype());
    const auto rows = static_cast<std::size_t>(a);
    const auto columns = static_cast<std::size_t>(b);
    for (std::int64_t sample = 0; sample < from.shape()[0]; ++sample) {
        const std::size_t offset = bytes_of(sample * a * b, from.dtype());
        for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < columns; ++j) {
                std::memcpy(
                    to.data() + offset + (j * rows + i) * size,
                    from.data() + offset + (i * columns + j) * size,
                    size);
            }
        }
    }
}

}  // namespace

Tensor ReferenceBackend::resize_nearest(const Tensor& x, std::int64_t height, std::int64_t width) {
    const Shape& shape = x.shape();
    Tensor y = empty(Shape{shape[0], height, width, shape[3]}, x.dtype());
    const std::size_t pixel_bytes = bytes_of(shape[3], x.dtype());
    std::byte* to = y.data();
    for (std::int64_t sample = 0; sample < shape[0]; ++sample) {
        for (std::int64_t row = 0; row < height; ++row) {
            const std::int64_t from_row = sample * shape[1] + row * shape[1] / height;
            for (std::int64_t column = 0; column < width; ++column, to += pixel_bytes) {
                const std::int64_t pixel = from_row * shape[2] + column * shape[2] / width;
                std::memcpy(
                    to, x.data() + static_cast<std::size_t>(pixel) * pixel_bytes, pixel_bytes);
            }
        }
    }
    return y;
}

Tensor ReferenceBackend::concat_channels(const Tensor& a, const Tensor& b) {
    const std::int64_t a_channels = a.shape()[-1];
    const std::int64_t b_channels = b.shape()[-1];
    Tensor y = empty(a.shape().with(-1, a_channels + b_channels), a.dtype());
    const std::size_t a_bytes = bytes_of(a_channels, a.dtype());
    const std::size_t b_bytes = bytes_of(b_channels, b.dtype());
    std::byte* to = y.data();
    for (std::byte* const end = to + y.size_bytes(); to != end;) {
        const auto row = static_cast<std::size_t>(to - y.data()) / (a_bytes + b_bytes);
        std::memcpy(to, a.data() + row * a_bytes, a_bytes);
        std::memcpy(to + a_bytes, b.data() + row * b_bytes, b_bytes);
        to += a_bytes + b_bytes;
    }
    return y;
}

Tensor ReferenceBackend::concat_samples(std::span<const Tensor> parts) {
    DARKROOM_CHECK(!parts.empty(), "nothing to stack");
    std::int64_t samples = 0;
    for (const Tensor& part : parts)
        samples += part.shape()[0];
    Tensor y = empty(parts[0].shape().with(0, samples), parts[0].dtype());
    std::byte* to = y.data();
    for (const Tensor& part : parts) {
        std::memcpy(to, part.data(), part.size_bytes());
        to += part.size_bytes();
    }
    return y;
}

Tensor ReferenceBackend::nchw_to_nhwc(const Tensor& x) {
    const Shape& shape = x.shape();
    Tensor y = empty(Shape{shape[0], shape[2], shape[3], shape[1]}, x.dtype());
    transpose(x, y, shape[1], shape[2] * shape[3]);
    return y;
}

Tensor ReferenceBackend::nhwc_to_nchw(const Tensor& x) {
    const Shape& shape = x.shape();
    Tensor y = empty(Shape{shape[0], shape[3], shape[1], shape[2]}, x.dtype());
    transpose(x, y, shape[1] * shape[2], shape[3]);
    return y;
}

Tensor ReferenceBackend::embedding(const Tensor& table, const Tensor& ids) {
    const std::int64_t rows = table.shape()[0];
    const std::int64_t width = table.shape()[1];
    Tensor y = empty(Shape{ids.shape()[0], ids.shape()[1], width}, table.dtype());
    const std::size_t row_bytes = bytes_of(width, table.dtype());
    std::byte* to = y.data();
    for (const std::int32_t id : ids.values<const std::int32_t>()) {
        DARKROOM_CHECK(id >= 0 && id < rows, "id {} in a table of {} rows", id, rows);
        std::memcpy(to, table.data() + static_cast<std::size_t>(id) * row_bytes, row_bytes);
        to += row_bytes;
    }
    return y;
}

}  // namespace darkroom::engine
