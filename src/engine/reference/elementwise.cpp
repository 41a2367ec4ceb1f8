// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "engine/reference/activation.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

std::size_t count(const Tensor& x) {
    return static_cast<std::size_t>(x.numel());
}

float read(const Tensor& x, std::size_t at) {
    switch (x.dtype()) {
        case DType::f32:
            return x.values<const float>()[at];
        case DType::bf16:
            return to_f32(x.values<const BFloat16>()[at]);
        case DType::f16:
            return f16_to_f32(x.values<const std::uint16_t>()[at]);
        case DType::i32:
            return static_cast<float>(x.values<const std::int32_t>()[at]);
        case DType::u8:
            return static_cast<float>(x.values<const std::uint8_t>()[at]);
    }
    return 0.0f;
}

void write(const Tensor& y, std::size_t at, float value) {
    switch (y.dtype()) {
        case DType::f32:
            y.values<float>()[at] = value;
            return;
        case DType::bf16:
            y.values<BFloat16>()[at] = to_bf16(value);
            return;
        case DType::f16:
            y.values<std::uint16_t>()[at] = f32_to_f16(value);
            return;
        case DType::i32:
        case DType::u8:
            break;
    }
    DARKROOM_CHECK(false, "cannot store numbers as {}", to_string(y.dtype()));
}

}  // namespace

Tensor ReferenceBackend::activate(const Tensor& x, Activation activation) {
    Tensor y = empty(x.shape(), x.dtype());
    for (std::size_t at = 0; at < count(x); ++at)
        write(y, at, activated(read(x, at), activation));
    return y;
}

Tensor ReferenceBackend::add(const Tensor& a, const Tensor& b) {
    return combine(1.0f, a, 1.0f, b);
}

Tensor ReferenceBackend::multiply(const Tensor& a, const Tensor& b) {
    Tensor y = empty(a.shape(), a.dtype());
    for (std::size_t at = 0; at < count(a); ++at)
        write(y, at, read(a, at) * read(b, at));
    return y;
}

Tensor ReferenceBackend::combine(float a, const Tensor& x, float b, const Tensor& y) {
    Tensor sum = empty(x.shape(), x.dtype());
    for (std::size_t at = 0; at < count(x); ++at)
        write(sum, at, a * read(x, at) + b * read(y, at));
    return sum;
}

Tensor ReferenceBackend::affine(const Tensor& x, float a, float b) {
    Tensor y = empty(x.shape(), x.dtype());
    for (std::size_t at = 0; at < count(x); ++at)
        write(y, at, a * read(x, at) + b);
    return y;
}

Tensor ReferenceBackend::cast(const Tensor& x, DType dtype) {
    Tensor y = empty(x.shape(), dtype);
    if (x.dtype() == dtype) {
        std::memcpy(y.data(), x.data(), x.size_bytes());
        return y;
    }
    for (std::size_t at = 0; at < count(x); ++at)
        write(y, at, read(x, at));
    return y;
}

bool ReferenceBackend::all_finite(const Tensor& x) {
    for (std::size_t at = 0; at < count(x); ++at) {
        if (!std::isfinite(read(x, at))) return false;
    }
    return true;
}

}  // namespace darkroom::engine
