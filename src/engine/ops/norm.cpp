// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/norm.h"

#include "base/check.h"
#include "engine/ops/require.h"

namespace darkroom::engine::ops {

Tensor group_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const GroupNormOptions& options) {
    require_rank("group_norm", x, 4);
    require_activation("group_norm", x);
    require_per_channel("group_norm", "gamma", x, gamma);
    require_per_channel("group_norm", "beta", x, beta);
    DARKROOM_CHECK(
        options.groups > 0 && x.shape()[3] % options.groups == 0,
        "group_norm of {} in {} groups",
        to_string(x.shape()),
        options.groups);
    return x.backend().group_norm(x, gamma, beta, options);
}

Tensor layer_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const LayerNormOptions& options) {
    require_activation("layer_norm", x);
    require_per_channel("layer_norm", "gamma", x, gamma);
    require_per_channel("layer_norm", "beta", x, beta);
    return x.backend().layer_norm(x, gamma, beta, options);
}

}  // namespace darkroom::engine::ops
