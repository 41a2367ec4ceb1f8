// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/generation.h"
#include "domain/model.h"
#include "domain/sampling.h"
#include "json/json.h"

/// The text that a picture carries, in A1111's form (a1111-api.md 2.12).
namespace darkroom::api {

/// Seed of picture `index` of a request, counted over all its iterations.
std::uint64_t picture_seed(const domain::Generation& generation, std::int64_t index);
std::uint64_t picture_subseed(const domain::Generation& generation, std::int64_t index);

/// What the text says beyond the generation.
struct InfotextContext {
    std::string model_name = {};
    /// First ten hex digits of the checkpoint's SHA-256; left out of the text when empty.
    std::string model_hash10 = {};
    /// Label of the schedule that Automatic means for the sampler; empty when it has none.
    std::string default_schedule = {};
    /// The sampler's `uses_ensd` option.
    bool uses_seed_delta = false;
    /// "darkroom 0.1.0".
    std::string version = {};
};

/// Looks up the sampler's part of the context; an unknown sampler has no default schedule.
InfotextContext make_infotext_context(
    const domain::Generation& generation,
    const domain::ModelDescription& model,
    const domain::SamplingCatalog& catalog,
    std::string version);

/// `extra_generation_params`: what is recorded beside the fields that every picture has. Sampler
/// parameters are recorded whenever they act, also when they came with the request.
json::Object extra_parameters(const domain::Generation& generation, const InfotextContext& context);

/// The text of picture `index`: prompt, negative prompt, and one line of parameters.
std::string make_infotext(
    const domain::Generation& generation, std::int64_t index, const InfotextContext& context);

/// Keywords of the PNG texts.
inline constexpr const char* kInfotextKeyword = "parameters";
inline constexpr const char* kReceiptKeyword = "darkroom";

/// {"checkpoint_sha256", "engine", "version"} as JSON.
std::string make_receipt(const domain::Receipt& receipt);

}  // namespace darkroom::api
