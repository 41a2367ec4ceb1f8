// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/matrix.h"

#include <string_view>

#include "base/check.h"
#include "engine/ops/require.h"

namespace darkroom::engine::ops {
namespace {

void require_epilogue(
    std::string_view operation,
    const Tensor& x,
    const Shape& result,
    std::int64_t columns,
    const Epilogue& epilogue) {
    if (const Tensor& bias = epilogue.bias; bias) {
        require_same_backend(operation, x, bias);
        require_dtype(operation, bias, DType::f32);
        DARKROOM_CHECK(
            bias.shape() == Shape{columns} || bias.shape() == (Shape{result[0], columns}),
            "{} to {} with a bias of {}",
            operation,
            to_string(result),
            to_string(bias.shape()));
    }
    if (const Tensor& residual = epilogue.residual; residual) {
        require_same_backend(operation, x, residual);
        require_activation(operation, residual);
        DARKROOM_CHECK(
            !epilogue.wide || residual.dtype() == DType::f32,
            "{} to a wide result with a residual of {}",
            operation,
            to_string(residual.dtype()));
        DARKROOM_CHECK(
            residual.shape() == result,
            "{} to {} with a residual of {}",
            operation,
            to_string(result),
            to_string(residual.shape()));
    }
}

template <class Spec>
const Spec& require_spec(std::string_view operation, const PackedWeights& weights) {
    const auto* spec = std::get_if<Spec>(&weights.spec);
    DARKROOM_CHECK(spec != nullptr, "{} with the weights of another operation", operation);
    DARKROOM_CHECK(weights.data != nullptr, "{} without weights", operation);
    return *spec;
}

std::int64_t extent_of_padded(const Conv2dSpec& spec, std::int64_t padded_size) {
    const std::int64_t room = padded_size - spec.kernel;
    DARKROOM_CHECK(
        room >= 0 && spec.stride > 0,
        "conv2d of kernel {} and stride {} over {} padded pixels",
        spec.kernel,
        spec.stride,
        padded_size);
    DARKROOM_CHECK(
        !spec.upsampled || (spec.kernel == 3 && spec.stride == 1),
        "an upsampling conv2d of kernel {} and stride {}",
        spec.kernel,
        spec.stride);
    return (room / spec.stride + 1) * spec.growth();
}

}  // namespace

std::int64_t convolved_extent(const Conv2dSpec& spec, std::int64_t size) {
    return extent_of_padded(spec, spec.pad_before + size + spec.pad_after);
}

Tensor conv2d(const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue) {
    const auto& spec = require_spec<Conv2dSpec>("conv2d", weights);
    return conv2d_band(x, weights, {spec.pad_before, spec.pad_after}, epilogue);
}

Tensor conv2d_band(
    const Tensor& x,
    const PackedWeights& weights,
    const RowPadding& padding,
    const Epilogue& epilogue) {
    const auto& spec = require_spec<Conv2dSpec>("conv2d", weights);
    DARKROOM_CHECK(
        padding.above >= 0 && padding.below >= 0,
        "conv2d padded by {} and {} rows",
        padding.above,
        padding.below);
    require_rank("conv2d", x, 4);
    require_compute_dtype("conv2d", x);
    DARKROOM_CHECK(
        x.shape()[3] == spec.in_channels,
        "conv2d from {} channels over {}",
        spec.in_channels,
        to_string(x.shape()));
    const Shape result{
        x.shape()[0],
        extent_of_padded(spec, padding.above + x.shape()[1] + padding.below),
        convolved_extent(spec, x.shape()[2]),
        spec.out_channels};
    require_epilogue("conv2d", x, result, spec.out_channels, epilogue);
    return x.backend().conv2d_band(x, weights, epilogue, padding);
}

Tensor linear(const Tensor& x, const PackedWeights& weights, const Epilogue& epilogue) {
    const auto& spec = require_spec<LinearSpec>("linear", weights);
    require_compute_dtype("linear", x);
    DARKROOM_CHECK(
        x.shape().rank() >= 2 && x.shape()[-1] == spec.in_features,
        "linear from {} features over {}",
        spec.in_features,
        to_string(x.shape()));
    const Shape result = x.shape().with(-1, spec.out_features);
    require_epilogue("linear", x, result, spec.weight_rows(), epilogue);
    DARKROOM_CHECK(
        !spec.gated || (epilogue.activation == Activation::none && !epilogue.residual),
        "a gated linear to {} with an activation or a residual",
        to_string(result));

    std::int64_t rows = 1;
    for (int axis = 1; axis + 1 < x.shape().rank(); ++axis)
        rows *= x.shape()[axis];
    const std::int64_t samples = x.shape()[0];
    Epilogue flat = epilogue;
    if (flat.residual) {
        flat.residual = flat.residual.reshape(Shape{samples, rows, spec.out_features});
    }
    const Tensor tokens = x.reshape(Shape{samples, rows, spec.in_features});
    return x.backend().linear(tokens, weights, flat).reshape(result);
}

Tensor embedding(const Tensor& table, const Tensor& ids) {
    require_rank("embedding", table, 2);
    require_compute_dtype("embedding", table);
    require_rank("embedding", ids, 2);
    require_dtype("embedding", ids, DType::i32);
    require_same_backend("embedding", table, ids);
    return table.backend().embedding(table, ids);
}

}  // namespace darkroom::engine::ops
