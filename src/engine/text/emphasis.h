// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace darkroom::engine {

/// A part of a prompt and the factor on its tokens.
struct WeightedText {
    std::string text;
    double weight = 1.0;

    /// True for the BREAK marker, whose weight is -1. Inside brackets the factor of the brackets
    /// turns the marker into text, as in AUTOMATIC1111.
    [[nodiscard]] bool is_break() const { return weight == -1.0 && text == "BREAK"; }

    bool operator==(const WeightedText& other) const = default;
};

/// Splits a prompt (UTF-8) by emphasis: `(x)` times 1.1, `[x]` divided by 1.1, `(x:1.3)` times
/// 1.3; a backslash makes the bracket after it text. Unclosed brackets reach to the end.
/// Neighbours of equal weight are one part; an empty prompt is one empty part.
///
/// Time and memory are linear in the prompt whatever the nesting. Weights under at most 64 brackets
/// have the bits that AUTOMATIC1111's `parse_prompt_attention` gives; deeper ones are rounded
/// otherwise. Fails with invalid_argument for a weight that is no number (`(x:1.2.3)`) or beyond
/// the range of a float.
Result<std::vector<WeightedText>> parse_emphasis(std::string_view prompt);

}  // namespace darkroom::engine
