// SPDX-License-Identifier: Apache-2.0
#include "image/webp.h"

#include <webp/decode.h>

#include <cstdint>
#include <string_view>

#include "base/format.h"

namespace darkroom::image {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kRiffHeader = 12;
constexpr std::size_t kChunkHeader = 8;
constexpr auto kExifMark = "Exif\0\0"sv;

Error decoding_error(std::string_view reason) {
    return Error{ErrorCode::corrupt_input, format("cannot read the WebP: {}", reason)};
}

std::string_view reason_of(VP8StatusCode status) {
    switch (status) {
        case VP8_STATUS_NOT_ENOUGH_DATA:
            return "it is truncated";
        case VP8_STATUS_UNSUPPORTED_FEATURE:
            return "it uses an unknown feature";
        case VP8_STATUS_OUT_OF_MEMORY:
            return "there is no memory for it";
        default:
            return "it is broken";
    }
}

const std::uint8_t* as_unsigned(std::span<const std::byte> bytes) {
    return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

/// The body of the first EXIF chunk of the RIFF file.
std::span<const std::byte> find_exif(std::span<const std::byte> bytes) {
    std::size_t at = kRiffHeader;
    while (at < bytes.size() && bytes.size() - at >= kChunkHeader) {
        const auto name = reinterpret_cast<const char*>(bytes.data()) + at;
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i)
            length |= std::to_integer<std::size_t>(bytes[at + 4 + i]) << (8 * i);
        at += kChunkHeader;
        if (length > bytes.size() - at) break;
        const std::span<const std::byte> body = bytes.subspan(at, length);
        if (std::string_view(name, 4) == "EXIF") {
            // Some writers keep the mark that only JPEG needs.
            const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
            return text.starts_with(kExifMark) ? body.subspan(kExifMark.size()) : body;
        }
        at += length + length % 2;
    }
    return {};
}

}  // namespace

Result<DecodedWebp> decode_webp(std::span<const std::byte> bytes, const DecodeLimits& limits) {
    WebPBitstreamFeatures features{};
    const VP8StatusCode status = WebPGetFeatures(as_unsigned(bytes), bytes.size(), &features);
    if (status != VP8_STATUS_OK) return decoding_error(reason_of(status));
    if (features.has_animation != 0) return decoding_error("it is an animation");
    DecodedWebp decoded;
    Image& image = decoded.image;
    image.width = static_cast<std::size_t>(features.width);
    image.height = static_cast<std::size_t>(features.height);
    DARKROOM_TRY(check_size(image.width, image.height, limits));
    const std::span<const std::byte> exif = find_exif(bytes);
    if (exif.size() > limits.max_metadata_bytes) {
        return Error{ErrorCode::payload_too_large, "WebP has too much metadata"};
    }
    const bool alpha = features.has_alpha != 0;
    image.channels = alpha ? 4 : 3;
    image.pixels.resize(image.width * image.height * image.channels);
    const auto stride = static_cast<int>(image.width * image.channels);
    const auto decode_into = alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
    if (decode_into(
            as_unsigned(bytes), bytes.size(), image.pixels.data(), image.pixels.size(), stride) ==
        nullptr) {
        return decoding_error("its pixels are broken or truncated");
    }
    decoded.exif.assign(exif.begin(), exif.end());
    return decoded;
}

}  // namespace darkroom::image
