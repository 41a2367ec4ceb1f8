// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/layers.h"

#include <utility>

#include "base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/matrix.h"
#include "engine/ops/norm.h"

namespace darkroom::engine {
namespace {

constexpr float kLayerNormEpsilon = 1e-5f;  // torch.nn.LayerNorm's default

/// [samples, rows, channels] for any leading extents.
Shape as_tokens(const Shape& shape) {
    switch (shape.rank()) {
        case 2:
            return {1, shape[0], shape[1]};
        case 3:
            return shape;
        case 4:
            return {shape[0], shape[1] * shape[2], shape[3]};
        default:
            break;
    }
    DARKROOM_CHECK(false, "a linear layer takes rank 2 to 4, not {}", to_string(shape));
    return {};
}

/// What enters a product: wide tensors are rounded.
Tensor operand(const Tensor& x) {
    return ops::cast(x, x.backend().compute_dtype());
}

/// What operand() takes from x; f32.
Tensor rounded_away(const Tensor& x, const Tensor& rounded) {
    return ops::combine(1.0f, x, -1.0f, ops::cast(rounded, DType::f32));
}

/// multiply(x, epilogue), linear in x, as the sum over x in two parts.
template <class Multiply>
Tensor in_two_parts(const Tensor& x, const Tensor& bias, const Multiply& multiply) {
    Epilogue epilogue{.bias = bias, .wide = true};
    const Tensor rounded = operand(x);
    if (rounded.dtype() != x.dtype()) {
        epilogue.residual = multiply(operand(rounded_away(x, rounded)), Epilogue{.wide = true});
    }
    return multiply(rounded, epilogue);
}

}  // namespace

Linear::Linear(
    WeightSource& source, const std::string& prefix, const LinearSpec& spec, LinearForm form) {
    const Shape stored = form == LinearForm::convolution_1x1
                             ? Shape{spec.weight_rows(), spec.in_features, 1, 1}
                             : Shape{spec.weight_rows(), spec.in_features};
    weights_ = source.matrix(prefix + ".weight", spec, stored);
    if (form != LinearForm::without_bias) {
        bias_ = source.vector(prefix + ".bias", spec.weight_rows());
    }
}

Tensor Linear::operator()(const Tensor& x, Epilogue epilogue) const {
    epilogue.bias = bias_;
    return run(x, std::move(epilogue));
}

Tensor Linear::unrounded(const Tensor& x) const {
    return in_two_parts(x, bias_, [&](const Tensor& part, const Epilogue& epilogue) {
        return run(part, epilogue);
    });
}

Tensor Linear::run(const Tensor& x, Epilogue epilogue) const {
    const Shape out = x.shape().with(-1, std::get<LinearSpec>(weights_.spec).out_features);
    if (epilogue.residual) epilogue.residual = epilogue.residual.reshape(as_tokens(out));
    return ops::linear(operand(x).reshape(as_tokens(x.shape())), weights_, epilogue).reshape(out);
}

Conv2d::Conv2d(WeightSource& source, const std::string& prefix, const Conv2dSpec& spec) {
    weights_ = source.matrix(
        prefix + ".weight", spec, {spec.out_channels, spec.in_channels, spec.kernel, spec.kernel});
    bias_ = source.vector(prefix + ".bias", spec.out_channels);
}

Tensor Conv2d::operator()(const Tensor& x, Epilogue epilogue) const {
    return band(x, {spec().pad_before, spec().pad_after}, std::move(epilogue));
}

Tensor Conv2d::unrounded(const Tensor& x) const {
    const RowPadding padding{spec().pad_before, spec().pad_after};
    return in_two_parts(x, bias_, [&](const Tensor& part, const Epilogue& epilogue) {
        return ops::conv2d_band(part, weights_, padding, epilogue);
    });
}

Tensor Conv2d::band(const Tensor& x, const RowPadding& padding, Epilogue epilogue) const {
    if (!epilogue.bias) epilogue.bias = bias_;
    return ops::conv2d_band(operand(x), weights_, padding, epilogue);
}

GroupNorm::GroupNorm(
    WeightSource& source, const std::string& prefix, std::int64_t channels, float epsilon)
    : gamma_(source.vector(prefix + ".weight", channels)),
      beta_(source.vector(prefix + ".bias", channels)),
      epsilon_(epsilon) {}

Tensor GroupNorm::operator()(const Tensor& x, Activation activation) const {
    return ops::group_norm(
        x, gamma_, beta_, {.groups = kGroups, .epsilon = epsilon_, .activation = activation});
}

Tensor GroupNorm::scales(std::span<const Tensor> bands) const {
    return ops::group_scales(bands, gamma_, beta_, {.groups = kGroups, .epsilon = epsilon_});
}

LayerNorm::LayerNorm(WeightSource& source, const std::string& prefix, std::int64_t channels)
    : gamma_(source.vector(prefix + ".weight", channels)),
      beta_(source.vector(prefix + ".bias", channels)) {}

Tensor LayerNorm::operator()(const Tensor& x, LayerNormOptions options) const {
    options.epsilon = kLayerNormEpsilon;
    return ops::layer_norm(x, gamma_, beta_, options);
}

Embedding::Embedding(
    WeightSource& source, const std::string& prefix, std::int64_t rows, std::int64_t width)
    : table_(source.table(prefix + ".weight", rows, width)) {}

Tensor Embedding::operator()(const Tensor& ids) const {
    return ops::embedding(table_, ids);
}

}  // namespace darkroom::engine
