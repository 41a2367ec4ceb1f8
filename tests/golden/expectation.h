// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/tensor/backend.h"
#include "json/json.h"

namespace darkroom::testing {

/// A golden file of tests/golden, parsed; fails the test when it cannot be read.
json::Value golden(const std::string& name);

/// Compares numbers with a golden block {shape, mean, std, min, max, samples}: mean, std, extremes
/// and the eight samples to `tolerance` times the std.
void expect_statistics(
    const std::vector<float>& values, const json::Value& block, double tolerance);

/// The input stream("input:NAME") as an NHWC tensor in f32, from an NCHW shape.
engine::Tensor input_nhwc(
    engine::Backend& backend, const std::string& name, const engine::Shape& nchw);

/// NHWC tensor to f32 numbers in NCHW order.
std::vector<float> nchw_values(const engine::Tensor& nhwc);

/// How far numbers are from others, or may be; the errors in parts of the others' std.
struct Closeness {
    double cosine = 1;
    double root_mean_square = 0;
    double largest = 0;
};

/// What bf16 may cost (docs/adr/0008 says why not 3 % anywhere).
inline constexpr Closeness kBf16{.cosine = 0.999, .root_mean_square = 0.015, .largest = 0.15};
/// What int8 may cost a UNet (docs/adr/0011 has what it does cost).
inline constexpr Closeness kInt8{.cosine = 0.998, .root_mean_square = 0.06, .largest = 0.25};

/// Also records what was found as properties of the test, with `what` in their names.
void expect_close(
    const std::vector<float>& values,
    const std::vector<float>& f32,
    const Closeness& bound,
    const std::string& what);

}  // namespace darkroom::testing
