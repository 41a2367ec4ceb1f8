// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "domain/model.h"
#include "json/json.h"

namespace darkroom::api {

/// One checkpoint as the serverless Stable Diffusion API lists it (serverless-sd-api.md 2.3), with
/// what was added: size, hashes, family, the size it was trained on.
json::Object serverless_model_body(const domain::ModelDescription& model);

/// GET /models.
json::Array serverless_models_body(std::span<const domain::ModelDescription> models);

}  // namespace darkroom::api
