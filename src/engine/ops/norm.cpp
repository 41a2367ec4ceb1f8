// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/norm.h"

#include "base/check.h"
#include "engine/ops/require.h"

namespace darkroom::engine::ops {
namespace {

/// Bands of one map: alike but for their rows, and of one sample where there are several.
void require_bands(std::span<const Tensor> bands) {
    DARKROOM_CHECK(!bands.empty(), "group_norm of nothing");
    const Tensor& first = bands.front();
    for (const Tensor& band : bands) {
        require_rank("group_norm", band, 4);
        require_activation("group_norm", band);
        require_dtype("group_norm", band, first.dtype());
        require_same_backend("group_norm", first, band);
        DARKROOM_CHECK(
            band.shape().with(1, 0) == first.shape().with(1, 0) &&
                (bands.size() == 1 || band.shape()[0] == 1),
            "group_norm of bands {} and {}",
            to_string(first.shape()),
            to_string(band.shape()));
    }
}

}  // namespace

Tensor group_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const GroupNormOptions& options) {
    const std::span<const Tensor> whole(&x, 1);
    return normalise(whole, group_scales(whole, gamma, beta, options), options.activation);
}

Tensor group_scales(
    std::span<const Tensor> bands,
    const Tensor& gamma,
    const Tensor& beta,
    const GroupNormOptions& options) {
    require_bands(bands);
    const Tensor& first = bands.front();
    require_per_channel("group_norm", "gamma", first, gamma);
    require_per_channel("group_norm", "beta", first, beta);
    DARKROOM_CHECK(
        options.groups > 0 && first.shape()[3] % options.groups == 0,
        "group_norm of {} in {} groups",
        to_string(first.shape()),
        options.groups);
    return first.backend().group_scales(bands, gamma, beta, options);
}

Tensor normalise(std::span<const Tensor> bands, const Tensor& scales, Activation activation) {
    require_bands(bands);
    const Tensor& first = bands.front();
    require_same_backend("normalise", first, scales);
    require_dtype("normalise", scales, DType::f32);
    DARKROOM_CHECK(
        scales.shape() == (Shape{first.shape()[0], 3, first.shape()[3]}),
        "normalise of {} with scales of {}",
        to_string(first.shape()),
        to_string(scales.shape()));
    return first.backend().normalise(bands, scales, activation);
}

Tensor layer_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const LayerNormOptions& options) {
    require_activation("layer_norm", x);
    require_per_channel("layer_norm", "gamma", x, gamma);
    require_per_channel("layer_norm", "beta", x, beta);
    return x.backend().layer_norm(x, gamma, beta, options);
}

}  // namespace darkroom::engine::ops
