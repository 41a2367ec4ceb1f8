// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/feature_map.h"

#include "base/check.h"
#include "engine/ops/require.h"

namespace darkroom::engine::ops {

Tensor resize_nearest(const Tensor& x, std::int64_t height, std::int64_t width) {
    require_rank("resize_nearest", x, 4);
    require_real("resize_nearest", x);
    DARKROOM_CHECK(
        height > 0 && width > 0 && x.numel() > 0,
        "resize_nearest of {} to {}x{}",
        to_string(x.shape()),
        height,
        width);
    return x.backend().resize_nearest(x, height, width);
}

Tensor concat_channels(const Tensor& a, const Tensor& b) {
    require_real("concat_channels", a);
    require_dtype("concat_channels", b, a.dtype());
    require_same_backend("concat_channels", a, b);
    DARKROOM_CHECK(
        a.shape().rank() > 0 && b.shape().rank() > 0 &&
            a.shape().with(-1, 0) == b.shape().with(-1, 0),
        "concat_channels of {} and {}",
        to_string(a.shape()),
        to_string(b.shape()));
    return a.backend().concat_channels(a, b);
}

Tensor concat_samples(std::span<const Tensor> parts) {
    DARKROOM_CHECK(!parts.empty(), "concat_samples of nothing");
    const Tensor& first = parts.front();
    for (const Tensor& part : parts) {
        require_same_backend("concat_samples", first, part);
        require_dtype("concat_samples", part, first.dtype());
        DARKROOM_CHECK(
            part.shape().rank() > 0 && first.shape().rank() > 0 &&
                part.shape().with(0, 0) == first.shape().with(0, 0),
            "concat_samples of {} and {}",
            to_string(first.shape()),
            to_string(part.shape()));
    }
    return first.backend().concat_samples(parts);
}

Tensor nchw_to_nhwc(const Tensor& x) {
    require_rank("nchw_to_nhwc", x, 4);
    require_real("nchw_to_nhwc", x);
    return x.backend().nchw_to_nhwc(x);
}

Tensor nhwc_to_nchw(const Tensor& x) {
    require_rank("nhwc_to_nchw", x, 4);
    require_real("nhwc_to_nchw", x);
    return x.backend().nhwc_to_nchw(x);
}

}  // namespace darkroom::engine::ops
