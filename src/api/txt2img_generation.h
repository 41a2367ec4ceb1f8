// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "api/input_pictures.h"
#include "api/options.h"
#include "api/refusal.h"
#include "api/refused_fields.h"
#include "api/txt2img_request.h"
#include "domain/generation.h"
#include "domain/model.h"
#include "domain/sampling.h"

namespace darkroom::api {

/// What a request is judged against. Refers to its parts; they outlive the call.
struct Txt2imgContext {
    const domain::SamplingCatalog& catalog;
    std::span<const domain::ModelDescription> models;
    /// The caller's own.
    const Options& options;
    /// A uniform integer below its argument.
    std::function<std::uint64_t(std::uint64_t)> random_below;
    FindUnsupported find_unsupported;
};

/// A request that will be drawn.
struct AcceptedTxt2img {
    domain::Generation generation;
    /// The caller's own name for the task, for progress and repeated submits; empty without one.
    std::string task_name;
    /// What image to image starts from. The generation has no keys for them yet.
    InputTexts inputs = {};
};

/// Makes every choice of a request: defaults, the caller's options and override_settings, names,
/// seeds, sizes floored to multiples of 8. The generation keeps within all limits of
/// generation_limits.h, and no field was set that this version would have to ignore.
///
/// Refuses with one 422 entry per bad field, image to image without a picture as A1111. Script
/// names are answered as A1111 answers unknown scripts, unknown keys of override_settings with its
/// 500 KeyError, and an empty models folder with 503.
Outcome<AcceptedTxt2img> to_generation(
    const Txt2imgRequest& request, const Txt2imgContext& context);

}  // namespace darkroom::api
