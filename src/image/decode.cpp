// SPDX-License-Identifier: Apache-2.0
#include "image/decode.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/format.h"
#include "image/exif.h"
#include "image/jpeg.h"
#include "image/orientation.h"
#include "image/webp.h"

namespace darkroom::image {
namespace {

Result<DecodedImage> decode_as_png(std::span<const std::byte> bytes, const DecodeLimits& limits) {
    const PngLimits png_limits{
        .max_pixels = limits.max_pixels,
        .max_side = limits.max_side,
        .max_bytes = limits.max_bytes,
        .max_ratio = limits.max_ratio,
        .max_chunk_bytes = std::min(PngLimits{}.max_chunk_bytes, limits.max_metadata_bytes),
        .max_chunks_bytes = limits.max_metadata_bytes};
    DARKROOM_TRY_ASSIGN(DecodedPng png, decode_png(bytes, png_limits));
    return DecodedImage{
        .image = std::move(png.image),
        .format = ImageFormat::png,
        .texts = std::move(png.texts),
        .exif = std::move(png.exif)};
}

Result<DecodedImage> decode_any(std::span<const std::byte> bytes, const DecodeLimits& limits) {
    const std::optional<ImageFormat> format = format_of(bytes);
    if (!format) {
        return Error{ErrorCode::corrupt_input, "image is none of PNG, JPEG and WebP"};
    }
    if (*format == ImageFormat::png) return decode_as_png(bytes, limits);
    DecodedImage decoded{.image = {}, .format = *format, .texts = {}, .exif = {}};
    if (*format == ImageFormat::webp) {
        DARKROOM_TRY_ASSIGN(DecodedWebp webp, decode_webp(bytes, limits));
        decoded.image = std::move(webp.image);
        decoded.exif = std::move(webp.exif);
        return decoded;
    }
    DARKROOM_TRY_ASSIGN(DecodedJpeg jpeg, decode_jpeg(bytes, limits));
    decoded.image = std::move(jpeg.image);
    decoded.exif = std::move(jpeg.exif);
    if (!jpeg.comment.empty()) {
        decoded.texts.push_back({.keyword = "comment", .text = std::move(jpeg.comment)});
    }
    return decoded;
}

}  // namespace

std::optional<ImageFormat> format_of(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.starts_with("\x89PNG\r\n\x1A\n")) return ImageFormat::png;
    if (text.starts_with("\xFF\xD8\xFF")) return ImageFormat::jpeg;
    if (text.starts_with("RIFF") && text.substr(0, 12).ends_with("WEBP") && text.size() >= 12) {
        return ImageFormat::webp;
    }
    return std::nullopt;
}

Result<DecodedImage> decode_with_texts(
    std::span<const std::byte> bytes, const DecodeOptions& options) {
    if (bytes.size() > options.limits.max_bytes) {
        return Error{
            ErrorCode::payload_too_large,
            format(
                "image file has more than {} bytes: {}", options.limits.max_bytes, bytes.size())};
    }
    DARKROOM_TRY_ASSIGN(DecodedImage decoded, decode_any(bytes, options.limits));
    decoded.image = upright(std::move(decoded.image), exif_orientation(decoded.exif));
    if (options.background && decoded.image.channels == 4) {
        decoded.image = flatten(decoded.image, *options.background);
    }
    return decoded;
}

Result<Image> decode(std::span<const std::byte> bytes, const DecodeOptions& options) {
    DARKROOM_TRY_ASSIGN(DecodedImage decoded, decode_with_texts(bytes, options));
    return std::move(decoded.image);
}

}  // namespace darkroom::image
