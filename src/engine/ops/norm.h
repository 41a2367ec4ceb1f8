// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "engine/tensor/backend.h"

namespace darkroom::engine::ops {

/// x [n, h, w, c], f32 or compute dtype; gamma and beta f32 [c]; returns compute dtype. Statistics
/// per sample and group of c / groups channels, in f32. Wu and He 2018.
Tensor group_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const GroupNormOptions& options = {});

/// The two halves of group_norm, for a map of one sample in bands [1, rows, w, c] from the top
/// down, or a whole map of many: first the scales over all bands, f32 [n, 3, c]; then any bands
/// are normalised and joined. The bytes are those of the whole map.
Tensor group_scales(
    std::span<const Tensor> bands,
    const Tensor& gamma,
    const Tensor& beta,
    const GroupNormOptions& options = {});
Tensor normalise(
    std::span<const Tensor> bands, const Tensor& scales, Activation activation = Activation::none);

/// x [..., c], f32 or compute dtype; gamma and beta f32 [c]; returns compute dtype, or f32 when
/// wide. Statistics per row, in f32. Ba et al. 2016.
Tensor layer_norm(
    const Tensor& x, const Tensor& gamma, const Tensor& beta, const LayerNormOptions& options = {});

}  // namespace darkroom::engine::ops
