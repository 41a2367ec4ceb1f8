// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/catalog/checkpoint.h"

namespace darkroom::engine {

/// What `darkroom doctor` says of a checkpoint.
struct Diagnosis {
    const FamilyTraits* family = nullptr;
    /// Why it cannot run at all; empty when its architecture was understood.
    std::string obstacle;
    /// "320 channels, 12 + 12 blocks, context 768, 8 heads" and so on, one line per network.
    std::vector<std::string> networks;
    std::size_t tensors = 0;
    std::size_t expected = 0;
    std::vector<std::string> missing;
    /// "KEY is 3x3, expected 4x4", or "KEY holds I64 numbers, expected floating point".
    std::vector<std::string> misshaped;
    /// Keys that no network of this family has.
    std::vector<std::string> unexpected;
    /// Keys known from training that inference ignores (schedule buffers, EMA copies, ...).
    std::size_t ignored = 0;
    /// "KEY holds 3 NaN or infinite values".
    std::vector<std::string> not_finite;

    [[nodiscard]] bool healthy() const {
        return obstacle.empty() && missing.empty() && misshaped.empty() && not_finite.empty();
    }
};

struct DiagnosisOptions {
    /// Tensors read so far and in all.
    std::function<void(std::size_t done, std::size_t total)> on_progress;
};

/// Classifies a checkpoint, compares its keys with those that follow from its architecture, and
/// reads every number once.
Diagnosis diagnose(const Checkpoint& checkpoint, const DiagnosisOptions& options = {});

}  // namespace darkroom::engine
