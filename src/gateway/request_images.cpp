// SPDX-License-Identifier: Apache-2.0
#include "gateway/request_images.h"

#include "api/image_field.h"

namespace darkroom::gateway {

Result<std::vector<std::byte>> read_image_file(
    storage::ObjectStore& objects, const std::string& tenant, const SentImage& sent) {
    DARKROOM_TRY_ASSIGN(api::ImageField image, api::parse_image_field(sent.text, sent.field));
    if (image.key.empty()) return std::move(image.file);
    // Somebody else's picture is as absent as one that never was.
    const Error absent{
        ErrorCode::invalid_argument,
        "Invalid encoded image: no such picture",
        std::string(sent.field)};
    const auto key = storage::ObjectKey::parse(image.key);
    if (!key || key->segments().front() != tenant) return absent;
    Result<std::vector<std::byte>> file = objects.get(*key);
    if (!file && file.error().code == ErrorCode::not_found) return absent;
    return file;
}

Error refused_image(const Error& error, std::string_view field) {
    Error refused = error.with_context("Invalid encoded image");
    const bool is_about_file =
        error.code == ErrorCode::corrupt_input || error.code == ErrorCode::payload_too_large;
    if (is_about_file) refused.code = ErrorCode::invalid_argument;
    refused.field = field;
    return refused;
}

}  // namespace darkroom::gateway
