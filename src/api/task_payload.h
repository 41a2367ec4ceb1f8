// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/generation.h"

/// What a task's row holds as JSON text: `request` is a generation, `result` is a TaskResult.
namespace darkroom::api {

/// Round-trips with decode_generation. Seeds beyond 63 bits are decimal strings.
std::string encode_generation(const domain::Generation& generation);

/// Every member must be there with its type (`init` only in image to image) and no other; the
/// limits of generation_limits.h hold. What add_asked added is skipped. Fails with invalid_argument
/// naming the member.
Result<domain::Generation> decode_generation(std::string_view text);

/// A finished task.
struct TaskResult {
    /// Object keys of the pictures, in order.
    std::vector<std::string> images = {};
    /// One per picture.
    std::vector<std::string> infotexts = {};
    std::vector<std::uint64_t> all_seeds = {};
    std::vector<std::uint64_t> all_subseeds = {};
    /// True when somebody stopped the task early and the pictures are partial.
    bool interrupted = false;
    domain::Receipt receipt = {};
};

/// Round-trips with decode_result.
std::string encode_result(const TaskResult& result);

/// As strict as decode_generation; the four lists have one length.
Result<TaskResult> decode_result(std::string_view text);

}  // namespace darkroom::api
