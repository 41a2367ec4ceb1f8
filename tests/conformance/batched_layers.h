// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "conformance/invariance.h"
#include "engine/ops/norm.h"

// Layers as operations over batches. Convolutions and linears add a bias and a residual of their
// own for each sample.

namespace darkroom::engine::conformance {

BatchedOperation convolution(const Conv2dSpec& spec, std::int64_t height, std::int64_t width);
BatchedOperation matrix(const LinearSpec& spec, std::int64_t rows);
/// Over extent x extent pixels.
BatchedOperation group_norm(
    std::int64_t channels, std::int64_t extent, const GroupNormOptions& options);
BatchedOperation layer_norm(std::int64_t channels, std::int64_t rows);

struct AttentionExtents {
    std::int64_t queries;
    std::int64_t keys;
    std::int64_t channels;
};

BatchedOperation attention(const AttentionExtents& extents, const AttentionOptions& options);

}  // namespace darkroom::engine::conformance
