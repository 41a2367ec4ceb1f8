// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/refusal.h"
#include "domain/extras.h"

/// Requests of POST /sdapi/v1/extra-single-image and extra-batch-images (a1111-api.md 1.5), and of
/// the serverless API's POST /extra_images (serverless-sd-api.md 2.6).
namespace darkroom::api {

/// Pictures that one request may bring.
inline constexpr std::size_t kMaxExtrasImages = 64;

struct ExtrasRequest {
    /// What is to be done; its images are not there yet.
    domain::Extras extras;
    /// The image fields as they were sent, and what they are called.
    std::vector<std::string> images;
    std::string_view image_field = "image";
    /// Members that mean nothing in the serverless API, as they were spelt.
    std::vector<std::string> unknown_fields = {};
};

/// Read a body. Refuse what A1111 refuses in its words; with 422 entries also upscalers that do
/// not exist and face restoration, which this version does not do.
Outcome<ExtrasRequest> parse_extra_single(std::string_view body);
Outcome<ExtrasRequest> parse_extra_batch(std::string_view body);

/// The fields of a single image in any case; a checkpoint plays no part.
Outcome<ExtrasRequest> parse_serverless_extras(std::string_view body);

/// The description as A1111 shows it.
std::string html_info(const domain::Extras& extras);

}  // namespace darkroom::api
