// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/refusal.h"
#include "api/txt2img_request.h"
#include "domain/generation.h"

namespace darkroom::api {

/// One entry per field whose value would change the picture in a way that this version does not
/// draw: better no picture than another one. docs/a1111-fields.md is the table.
std::vector<FieldError> refused_fields(const Txt2imgRequest& request);

/// The scripts that a request names do not exist here: A1111's answer to an unknown script. The
/// always-on entries "Sampler", "Seed" and "Refiner" pass, since A1111 ignores their arguments.
std::optional<Refusal> refused_script(const Txt2imgRequest& request);

enum class PromptRole { positive, negative };

/// Names the constructs of a prompt that the prompt parser does not act on.
/// Some are text in a negative prompt.
using FindUnsupported =
    std::function<std::vector<std::string>(std::string_view prompt, PromptRole role)>;

/// One entry per prompt with such constructs.
std::vector<FieldError> refused_prompts(
    const domain::Generation& generation, const FindUnsupported& find_unsupported);

}  // namespace darkroom::api
