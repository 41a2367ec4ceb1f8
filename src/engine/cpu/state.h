// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/check.h"
#include "engine/cpu/backend.h"
#include "engine/cpu/kernels/panel_layout.h"
#include "engine/cpu/kernels/table.h"
#include "engine/cpu/workers.h"
#include "engine/tensor/arena.h"

namespace darkroom::engine {

struct CpuBackend::State {
    State(CpuBackend& backend, const CpuOptions& options);

    /// The kernels for a tensor's element type; f32 or bf16.
    [[nodiscard]] const cpu::ElementKernels& kernels_of(DType element) const;

    /// Names the bytes of packed weights.
    [[nodiscard]] std::string layout_tag() const;
    [[nodiscard]] cpu::PanelLayout weight_layout(const LayerSpec& spec) const;
    /// Fills `result` with the products of a window over its input with packed weights.
    [[nodiscard]] Tensor run_panels(
        const cpu::PanelInput& input,
        const PackedWeights& weights,
        const Epilogue& epilogue,
        const Tensor& result);

    InstructionSet instruction_set;
    DType dtype;
    std::string note;
    cpu::KernelTable table;
    /// As the backend was made with.
    int first_threads;
    cpu::Workers workers;
    Arena arena;
};

namespace cpu {

/// Elements that one piece of elementwise work takes.
constexpr std::int64_t kGrain = 32 * 1024;

Curve curve_of(Activation activation);

/// The floats of a bias, gamma or beta: f32 [count], or [samples, count] where `samples` is given.
const float* floats_of(const Tensor& values, std::int64_t count, std::int64_t samples = 1);

}  // namespace cpu
}  // namespace darkroom::engine
