// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::engine {

enum class PromptRole { positive, negative };

/// Names of the constructs in a prompt that change the picture and that this engine does not carry
/// out, each once: "prompt editing" (`[from:to:when]`), "alternation" (`[a|b]`), "AND" and
/// "extra network tags" (`<lora:name:1>`). The last two are text in a negative prompt.
///
/// Follows AUTOMATIC1111's grammar: brackets must balance, a backslash makes the next character
/// text, and a `|` outside an alternation makes all editing and alternation of the prompt text.
/// Where unmatched brackets make that grammar ambiguous, a balanced construct counts as one.
std::vector<std::string> unsupported_syntax(
    std::string_view prompt, PromptRole role = PromptRole::positive);

}  // namespace darkroom::engine
