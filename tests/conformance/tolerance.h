// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <gtest/gtest.h>

#include "engine/tensor/dtype.h"

namespace darkroom::engine::conformance {

/// How much arithmetic stands between the inputs and the result.
enum class Arithmetic {
    /// None: data movement and rounding.
    none,
    /// A few roundings per element.
    elementwise,
    /// An approximated function per element: exp, erf.
    curve,
    /// Dot products and means.
    sum,
    /// Sums whose terms a backend may round to its dtype first: attention's weights.
    rounded_sum,
    /// Dot products of what a backend may make of the operands and round: folded taps, Winograd's
    /// form.
    transformed_sum,
    /// Differences of numbers far larger than the result, exponentials of large numbers.
    amplified,
};

/// A result may be off by relative * |expected| + of_deviation * (standard deviation of expected).
struct Tolerance {
    double relative = 0.0;
    double of_deviation = 0.0;
};

/// What a backend of that dtype may be off by.
Tolerance tolerance(Arithmetic arithmetic, DType dtype);

/// Compares every number, and the direction of the whole: cosine at least 0.9999.
::testing::AssertionResult close(
    std::span<const float> actual, std::span<const float> expected, const Tolerance& tolerance);

}  // namespace darkroom::engine::conformance
