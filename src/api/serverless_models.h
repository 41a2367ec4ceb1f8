// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "domain/model_file.h"
#include "json/json.h"

namespace darkroom::api {

/// One model file as the serverless Stable Diffusion API lists it (serverless-sd-api.md 2.3), with
/// what was added: size, hashes, family, dtype, the size it was trained on, note, and the link to
/// its picture (empty for none).
json::Object serverless_model_body(const domain::ModelFile& file, const std::string& thumbnail);

}  // namespace darkroom::api
