// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "engine/tensor/backend.h"

// What operations demand of their inputs. `operation` and `what` go into the message. Each throws
// ContractViolation.

namespace darkroom::engine::ops {

void require_rank(std::string_view operation, const Tensor& x, int rank);
void require_dtype(std::string_view operation, const Tensor& x, DType dtype);
/// f32 or bf16.
void require_real(std::string_view operation, const Tensor& x);
/// The dtype in which x's backend computes.
void require_compute_dtype(std::string_view operation, const Tensor& x);
/// f32 or the compute dtype.
void require_activation(std::string_view operation, const Tensor& x);
void require_same_backend(std::string_view operation, const Tensor& a, const Tensor& b);
/// Equal backend, shape and dtype.
void require_alike(std::string_view operation, const Tensor& a, const Tensor& b);
/// f32 [channels] on x's backend, for `what` such as "gamma".
void require_per_channel(
    std::string_view operation, std::string_view what, const Tensor& x, const Tensor& values);

}  // namespace darkroom::engine::ops
