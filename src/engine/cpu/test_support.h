// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cpu/backend.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {

/// Every instruction set of this machine in f32, and the best one in bf16 where it has that.
inline std::vector<CpuOptions> every_cpu() {
    std::vector<CpuOptions> all;
    for (const InstructionSet set : available_instruction_sets()) {
        all.push_back({.instruction_set = set, .dtype = DType::f32});
    }
    if (has_bf16_products()) {
        all.push_back({.instruction_set = InstructionSet::avx512, .dtype = DType::bf16});
    }
    return all;
}

inline std::string cpu_name(const testing::TestParamInfo<CpuOptions>& info) {
    return std::string(to_string(*info.param.instruction_set)) + "_" +
           std::string(to_string(*info.param.dtype));
}

/// Numbers in [-1, 1) that look random and are the same everywhere.
inline std::vector<float> noise(std::int64_t count, std::uint32_t seed) {
    std::vector<float> values(static_cast<std::size_t>(count));
    std::uint32_t state = seed * 2654435761u + 1u;
    for (float& value : values) {
        state = state * 1664525u + 1013904223u;
        value = static_cast<float>(static_cast<std::int32_t>(state) >> 8) / 8388608.0f;
    }
    return values;
}

/// Runs the same operation on a CPU backend and on the reference.
class CpuAgainstReference : public testing::TestWithParam<CpuOptions> {
  protected:
    /// Where numbers lie: in [shift - scale, shift + scale).
    struct Range {
        float scale = 1.0f;
        float shift = 0.0f;
    };

    /// A tensor of the backend's compute dtype; the reference gets the same numbers in f32.
    Tensor tensor(
        Backend& backend, const Shape& shape, std::uint32_t seed, const Range& range) const {
        std::vector<float> values = noise(shape.numel(), seed);
        for (float& value : values) {
            value = value * range.scale + range.shift;
            if (cpu_->compute_dtype() == DType::bf16) value = to_f32(to_bf16(value));
        }
        return backend.cast(
            backend.upload(std::span<const float>(values), shape), backend.compute_dtype());
    }

    Tensor tensor(Backend& backend, const Shape& shape, std::uint32_t seed) const {
        return tensor(backend, shape, seed, Range{});
    }

    Tensor floats(Backend& backend, const Shape& shape, std::uint32_t seed) const {
        const std::vector<float> values = noise(shape.numel(), seed);
        return backend.upload(std::span<const float>(values), shape);
    }

    PackedWeights packed(Backend& backend, const LayerSpec& spec, std::int64_t count) const {
        std::vector<float> values = noise(count, 77);
        for (float& value : values) {
            value *= 0.25f;
            if (cpu_->compute_dtype() == DType::bf16) value = to_f32(to_bf16(value));
        }
        PackedWeights weights;
        weights.spec = spec;
        weights.layout = backend.layout_of(spec);
        const std::size_t bytes = weights.layout.size_bytes;
        constexpr std::align_val_t kAlignment{64};
        auto* memory = static_cast<std::byte*>(::operator new(bytes, kAlignment));
        weights.owner = std::shared_ptr<std::byte>(
            memory, [](std::byte* data) { ::operator delete (data, std::align_val_t{64}); });
        weights.data = memory;
        backend.pack(spec, values, {memory, bytes});
        return weights;
    }

    /// `compute(backend)` agrees to the rounding of the dtype, for numbers of about `magnitude`.
    template <class Compute>
    void expect_same(const Compute& compute, float magnitude = 1.0f) {
        const std::vector<float> expected = reference_.download(compute(reference_));
        const std::vector<float> actual = cpu_->download(compute(*cpu_));
        ASSERT_EQ(actual.size(), expected.size());
        const bool bf16 = cpu_->compute_dtype() == DType::bf16;
        const float tolerance = bf16 ? 0.01f : 3e-6f;
        float worst = 0.0f;
        for (std::size_t i = 0; i < actual.size(); ++i) {
            const float error = std::abs(actual[i] - expected[i]);
            const float allowed = tolerance * (magnitude + std::abs(expected[i]));
            // Not std::max, which would lose a NaN.
            if (!(error / allowed <= worst)) worst = error / allowed;
        }
        EXPECT_LE(worst, 1.0f) << cpu_->fingerprint();
    }

    std::unique_ptr<CpuBackend> cpu_ = CpuBackend::make(GetParam()).value();
    ReferenceBackend reference_;
};

}  // namespace darkroom::engine
