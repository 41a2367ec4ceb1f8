// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/refusal.h"
#include "api/txt2img_request.h"
#include "domain/generation.h"

/// The pictures that an image-to-image request brings along (a1111-api.md 2.4, 2.5).
namespace darkroom::api {

/// As they were sent: base64, a data URI or an object key.
struct InputTexts {
    std::vector<std::string> pictures = {};
    /// Empty without a mask.
    std::string mask = {};

    [[nodiscard]] bool empty() const { return pictures.empty(); }
};

/// Refuses what A1111 refuses before it looks at anything else: no picture (404), an empty text as
/// mask, more pictures than a batch has (500).
Outcome<bool> require_inputs(const PictureRequest& request);

/// The texts of a request that passed require_inputs; adds an entry for each that is no text.
InputTexts read_inputs(const PictureRequest& request, std::vector<FieldError>& errors);

/// Several pictures make the batch; a single one is used for all of it.
std::int64_t batch_of_inputs(std::int64_t batch_size, const InputTexts& inputs);

/// The fields that say what becomes of the pictures. Those of the mask keep their defaults when
/// there is none. No key is set.
domain::InitImages init_settings(const PictureRequest& request);

/// The same as fields of a response's `parameters`, without the pictures.
void set_init_parameters(json::Object& parameters, const domain::InitImages& init);

}  // namespace darkroom::api
