// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/cpu/kernels/attention.h"
#include "engine/cpu/kernels/byte_panels.h"
#include "engine/cpu/kernels/norms.h"
#include "engine/cpu/kernels/panels.h"
#include "engine/cpu/kernels/pointwise.h"
#include "engine/cpu/kernels/quantise.h"
#include "engine/cpu/kernels/winograd.h"

// The kernel table of the translation unit that includes this, after its simd header.

namespace darkroom::engine::cpu {
namespace {

/// All kernels of an element type but the products.
template <class T>
constexpr ElementKernels unary_kernels() {
    return {
        .quantise = quantise<T>,
        .transform = transform_tiles<T>,
        .channel_sums = channel_sums<T>,
        .scale_shift = scale_shift<T>,
        .layer_norm = layer_norm<T>,
        .softmax = softmax<T>,
        .activate = activate<T>,
        .add = add<T>,
        .multiply = multiply_elements<T>,
        .combine = combine<T>,
        .affine = affine<T>,
        .all_finite = all_finite<T>,
        .to_f32 = to_f32<T>,
        .from_f32 = from_f32<T>,
    };
}

template <class Product>
constexpr ElementKernels with_products(ElementKernels kernels) {
    kernels.step = Product::kStep;
    kernels.panels = run_panels<Product>;
    kernels.byte_panels = run_byte_panels<ByteProduct, typename Product::Element>;
    kernels.winograd = run_winograd<Product>;
    kernels.pack_keys = pack_keys<Product>;
    kernels.pack_values = pack_values<Product>;
    kernels.attend = attend<Product>;
    return kernels;
}

}  // namespace
}  // namespace darkroom::engine::cpu
