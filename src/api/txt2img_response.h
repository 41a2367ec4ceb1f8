// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/infotext.h"
#include "api/txt2img_request.h"
#include "domain/generation.h"

namespace darkroom::api {

/// What the `info` text says beyond the generation.
struct GenerationReport {
    InfotextContext context = {};
    /// One per picture that was drawn.
    std::vector<std::string> infotexts = {};
    /// "YYYYmmddHHMMSS" of the job's begin.
    std::string job_timestamp = {};
    /// As requested; txt2img does not act on it.
    std::optional<double> denoising_strength = {};
};

/// "YYYYmmddHHMMSS" in UTC.
std::string job_timestamp(std::int64_t wall_ms);

/// The `info` text: JSON as Python's json.dumps writes it, keys in A1111's order
/// (a1111-api.md 2.12).
std::string make_info(const domain::Generation& generation, const GenerationReport& report);

/// An answer: pictures in base64 or as object keys (none when the request says send_images false),
/// the request's parameters (without its pictures unless include_init_images), and the info text.
json::Object txt2img_answer(
    std::vector<std::string> pictures, const Txt2imgRequest& request, std::string info);

/// The same as the body of a response.
std::string txt2img_response(
    std::vector<std::string> pictures, const Txt2imgRequest& request, std::string info);

}  // namespace darkroom::api
