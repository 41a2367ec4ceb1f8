// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <cstring>

#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

std::byte* element_at(const Tensor& x, std::int64_t element) {
    return x.data() + static_cast<std::size_t>(element) * size_of(x.dtype());
}

void require_alike(const Tensor& a, const Tensor& b) {
    DARKROOM_CHECK(
        a.shape() == b.shape() && a.dtype() == b.dtype(),
        "{} {} with {} {}",
        to_string(a.dtype()),
        to_string(a.shape()),
        to_string(b.dtype()),
        to_string(b.shape()));
}

/// One element of any dtype; for conversions that no network does in its loop.
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
}

bool is_real(DType dtype) {
    return dtype == DType::f32 || dtype == DType::bf16;
}

}  // namespace

Tensor CpuBackend::activate(const Tensor& x, Activation activation) {
    const cpu::ElementKernels& kernels = state_->kernels_of(x.dtype());
    const cpu::Curve curve = cpu::curve_of(activation);
    Tensor y = empty(x.shape(), x.dtype());
    state_->workers.run_ranges(x.numel(), cpu::kGrain, [&](std::int64_t begin, std::int64_t end) {
        kernels.activate(element_at(x, begin), element_at(y, begin), end - begin, curve);
    });
    return y;
}

Tensor CpuBackend::add(const Tensor& a, const Tensor& b) {
    require_alike(a, b);
    const cpu::ElementKernels& kernels = state_->kernels_of(a.dtype());
    Tensor y = empty(a.shape(), a.dtype());
    state_->workers.run_ranges(a.numel(), cpu::kGrain, [&](std::int64_t begin, std::int64_t end) {
        kernels.add(element_at(a, begin), element_at(b, begin), element_at(y, begin), end - begin);
    });
    return y;
}

Tensor CpuBackend::multiply(const Tensor& a, const Tensor& b) {
    require_alike(a, b);
    const cpu::ElementKernels& kernels = state_->kernels_of(a.dtype());
    Tensor y = empty(a.shape(), a.dtype());
    state_->workers.run_ranges(a.numel(), cpu::kGrain, [&](std::int64_t begin, std::int64_t end) {
        kernels.multiply(
            element_at(a, begin), element_at(b, begin), element_at(y, begin), end - begin);
    });
    return y;
}

Tensor CpuBackend::combine(float a, const Tensor& x, float b, const Tensor& y) {
    require_alike(x, y);
    const cpu::ElementKernels& kernels = state_->kernels_of(x.dtype());
    Tensor sum = empty(x.shape(), x.dtype());
    state_->workers.run_ranges(x.numel(), cpu::kGrain, [&](std::int64_t begin, std::int64_t end) {
        kernels.combine(
            a, element_at(x, begin), b, element_at(y, begin), element_at(sum, begin), end - begin);
    });
    return sum;
}

Tensor CpuBackend::affine(const Tensor& x, float a, float b) {
    const cpu::ElementKernels& kernels = state_->kernels_of(x.dtype());
    Tensor y = empty(x.shape(), x.dtype());
    state_->workers.run_ranges(x.numel(), cpu::kGrain, [&](std::int64_t begin, std::int64_t end) {
        kernels.affine(element_at(x, begin), a, b, element_at(y, begin), end - begin);
    });
    return y;
}

Tensor CpuBackend::cast(const Tensor& x, DType dtype) {
    DARKROOM_CHECK(
        x.dtype() == dtype || (dtype != DType::i32 && dtype != DType::u8),
        "cannot cast {} to {}",
        to_string(x.dtype()),
        to_string(dtype));
    Tensor y = empty(x.shape(), dtype);
    const cpu::ElementKernels& bf16 = state_->table.bf16;
    state_->workers.run_ranges(x.numel(), cpu::kGrain, [&](std::int64_t begin, std::int64_t end) {
        std::byte* from = element_at(x, begin);
        std::byte* to = element_at(y, begin);
        if (x.dtype() == dtype) {
            std::memcpy(to, from, static_cast<std::size_t>(end - begin) * size_of(dtype));
        } else if (is_real(x.dtype()) && dtype == DType::f32) {
            bf16.to_f32(from, static_cast<float*>(static_cast<void*>(to)), end - begin);
        } else if (is_real(dtype) && x.dtype() == DType::f32) {
            const void* source = from;
            bf16.from_f32(static_cast<const float*>(source), to, end - begin);
        } else {
            for (std::int64_t i = begin; i < end; ++i) {
                write(y, static_cast<std::size_t>(i), read(x, static_cast<std::size_t>(i)));
            }
        }
    });
    return y;
}

bool CpuBackend::all_finite(const Tensor& x) {
    const cpu::ElementKernels& kernels = state_->kernels_of(x.dtype());
    std::atomic<bool> finite = true;
    state_->workers.run_ranges(x.numel(), cpu::kGrain, [&](std::int64_t begin, std::int64_t end) {
        if (!kernels.all_finite(element_at(x, begin), end - begin)) finite = false;
    });
    return finite;
}

}  // namespace darkroom::engine
