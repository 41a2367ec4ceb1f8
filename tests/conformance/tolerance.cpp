// SPDX-License-Identifier: Apache-2.0
#include "conformance/tolerance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/format.h"

namespace darkroom::engine::conformance {
namespace {

constexpr double kMinimumCosine = 0.9999;
/// The distance between neighbouring bf16 numbers: a result that stood near a rounding boundary
/// may land on the other side.
constexpr double kBf16Step = 1.0 / 128.0;

Tolerance f32_tolerance(Arithmetic arithmetic) {
    switch (arithmetic) {
        case Arithmetic::none:
            return {};
        case Arithmetic::elementwise:
            return {.relative = 5e-7, .of_deviation = 5e-7};
        case Arithmetic::curve:
            return {.relative = 2e-6, .of_deviation = 2e-6};
        case Arithmetic::sum:
            return {.relative = 1e-5, .of_deviation = 1e-5};
        case Arithmetic::rounded_sum:
            return {.relative = 1e-5, .of_deviation = 1e-5};
        case Arithmetic::transformed_sum:
            return {.relative = 1e-5, .of_deviation = 1e-5};
        // A mean of 300 is off by some of its steps of 3e-5, and gamma multiplies that by up to 4.
        case Arithmetic::amplified:
            return {.relative = 5e-4, .of_deviation = 5e-4};
    }
    return {};
}

Tolerance bf16_tolerance(Arithmetic arithmetic) {
    switch (arithmetic) {
        case Arithmetic::none:
            return {};
        case Arithmetic::elementwise:
            return {.relative = kBf16Step, .of_deviation = 5e-7};
        case Arithmetic::curve:
            return {.relative = kBf16Step, .of_deviation = 1e-4};
        case Arithmetic::sum:
            return {.relative = kBf16Step, .of_deviation = 5e-3};
        // A weight is off by 2^-9 at most, its value is some deviations large, and averaging makes
        // the result's deviation smaller than the values'.
        case Arithmetic::rounded_sum:
            return {.relative = kBf16Step, .of_deviation = 2e-2};
        // Winograd's operands are rounded a second time, and three times larger than the result
        // needs: 0.4 % of the deviation, and of 10^5 numbers the worst is five times that. Folded
        // taps, rounded once, stay far below.
        case Arithmetic::transformed_sum:
            return {.relative = kBf16Step, .of_deviation = 2.5e-2};
        case Arithmetic::amplified:
            return {.relative = kBf16Step, .of_deviation = 2e-2};
    }
    return {};
}

struct Moments {
    double deviation = 0.0;
    double cosine = 1.0;
};

Moments moments(std::span<const float> actual, std::span<const float> expected) {
    double sum = 0.0;
    double dot = 0.0;
    double actual_square = 0.0;
    double expected_square = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto a = static_cast<double>(actual[i]);
        const auto e = static_cast<double>(expected[i]);
        sum += e;
        dot += a * e;
        actual_square += a * a;
        expected_square += e * e;
    }
    const auto count = static_cast<double>(expected.size());
    const double mean = sum / count;
    Moments result;
    result.deviation = std::sqrt(std::max(0.0, expected_square / count - mean * mean));
    if (expected_square > 0.0) result.cosine = dot / std::sqrt(actual_square * expected_square);
    return result;
}

}  // namespace

Tolerance tolerance(Arithmetic arithmetic, DType dtype) {
    return dtype == DType::bf16 ? bf16_tolerance(arithmetic) : f32_tolerance(arithmetic);
}

::testing::AssertionResult close(
    std::span<const float> actual, std::span<const float> expected, const Tolerance& tolerance) {
    if (actual.size() != expected.size()) {
        return ::testing::AssertionFailure()
               << format("{} numbers, expected {}", actual.size(), expected.size());
    }
    if (expected.empty()) return ::testing::AssertionSuccess();
    const Moments moment = moments(actual, expected);
    std::size_t wrong = 0;
    std::size_t worst_at = 0;
    double worst = 0.0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto e = static_cast<double>(expected[i]);
        const double error = std::abs(static_cast<double>(actual[i]) - e);
        const double allowed =
            tolerance.relative * std::abs(e) + tolerance.of_deviation * moment.deviation;
        if (error <= allowed) continue;
        ++wrong;
        const double excess =
            std::isnan(error) ? std::numeric_limits<double>::infinity() : error - allowed;
        if (excess > worst) {
            worst = excess;
            worst_at = i;
        }
    }
    if (wrong == 0 && moment.cosine >= kMinimumCosine) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << format(
               "{} of {} numbers are off, the worst at {}: {} instead of {}; deviation {}, "
               "cosine {}",
               wrong,
               expected.size(),
               worst_at,
               actual[worst_at],
               expected[worst_at],
               moment.deviation,
               moment.cosine);
}

}  // namespace darkroom::engine::conformance
