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

/// The input stream("input:NAME") as an NHWC tensor of compute dtype, from an NCHW shape.
engine::Tensor input_nhwc(
    engine::Backend& backend, const std::string& name, const engine::Shape& nchw);

/// NHWC tensor to f32 numbers in NCHW order.
std::vector<float> nchw_values(const engine::Tensor& nhwc);

/// What bf16 may cost: cosine at least 0.999; an error of at most 1.5 % of the std in the root mean
/// square and 15 % anywhere (docs/adr/0008 says why not 3 %).
void expect_close_in_bf16(const std::vector<float>& bf16, const std::vector<float>& f32);

}  // namespace darkroom::testing
