// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/attention.h"

#include "base/check.h"
#include "engine/ops/require.h"

namespace darkroom::engine::ops {

Tensor attention(
    const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
    require_rank("attention", q, 3);
    require_compute_dtype("attention", q);
    require_rank("attention", k, 3);
    require_alike("attention", k, v);
    require_same_backend("attention", q, k);
    require_compute_dtype("attention", k);
    DARKROOM_CHECK(
        k.shape()[0] == q.shape()[0] && k.shape()[2] == q.shape()[2] && k.shape()[1] > 0,
        "attention of {} to {}",
        to_string(q.shape()),
        to_string(k.shape()));
    DARKROOM_CHECK(
        options.heads > 0 && q.shape()[2] % options.heads == 0,
        "attention over {} with {} heads",
        to_string(q.shape()),
        options.heads);
    return q.backend().attention(q, k, v, options);
}

Tensor softmax(const Tensor& x) {
    require_compute_dtype("softmax", x);
    DARKROOM_CHECK(x.shape().rank() > 0, "softmax of a scalar");
    return x.backend().softmax(x);
}

}  // namespace darkroom::engine::ops
