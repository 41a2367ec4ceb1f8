// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "domain/model.h"
#include "domain/sampling.h"
#include "json/json.h"

/// Bodies of the listing routes (a1111-api.md 1.3, 1.7).
namespace darkroom::api {

/// GET /sdapi/v1/samplers: [{name, aliases, options}].
json::Value samplers_body(const domain::SamplingCatalog& catalog);

/// GET /sdapi/v1/schedulers: [{name, label, aliases, default_rho, need_inner_model}].
json::Value schedulers_body(const domain::SamplingCatalog& catalog);

/// GET /sdapi/v1/sd-models: [{title, model_name, hash, sha256, filename, config}]; the hashes are
/// null until they are known.
json::Value models_body(std::span<const domain::ModelDescription> models);

}  // namespace darkroom::api
