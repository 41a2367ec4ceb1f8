// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conformance/backends.h"
#include "engine/tensor/backend.h"

namespace darkroom::engine::conformance {

/// What one sample brings to an operation.
struct SampleInput {
    /// Without the axis of samples.
    std::vector<std::int64_t> extents;
    /// The compute dtype when absent.
    std::optional<DType> dtype = {};
};

using Operation = std::function<Tensor(const std::vector<Tensor>& inputs)>;

struct BatchedOperation {
    std::string name;
    std::vector<SampleInput> inputs;
    /// Packs weights and returns what to call. The operation holds memory of the backend.
    std::function<Operation(Backend& backend)> prepare;
};

/// Checks that sample i of every batch of 1 to 8 has the same bytes wherever it stands and however
/// many threads (1 or 2) compute it. Skips the test when this CPU lacks the backend.
void expect_invariant(const BackendKind& kind, const BatchedOperation& operation);

/// Every operation over small odd shapes.
std::vector<BatchedOperation> small_operations();

/// Every distinct layer of SD1.5's UNet, text encoder and VAE at its true channel counts, over
/// small pictures.
std::vector<BatchedOperation> sd15_convolutions();
std::vector<BatchedOperation> sd15_linears();
std::vector<BatchedOperation> sd15_norms();
std::vector<BatchedOperation> sd15_attentions();

}  // namespace darkroom::engine::conformance
