// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/check.h"
#include "base/encoding.h"
#include "image/decode.h"
#include "image/exif.h"

namespace {

using namespace darkroom;
using namespace darkroom::image;

constexpr DecodeLimits kLimits = {
    .max_pixels = std::size_t{1} << 20,
    .max_side = 16384,
    .max_bytes = std::size_t{1} << 20,
    .max_ratio = 100,
    .max_scans = 20,
    .max_scanned_pixels = std::size_t{1} << 22,
    .max_metadata_bytes = std::size_t{1} << 18};

void check_decoded(const DecodedImage& decoded) {
    const Image& image = decoded.image;
    DARKROOM_CHECK(image.channels == 3, "transparency was flattened");
    DARKROOM_CHECK(check_size(image.width, image.height, kLimits).has_value(), "the limits hold");
    DARKROOM_CHECK(
        image.pixels.size() == image.width * image.height * image.channels,
        "sizes and pixels agree");
    for (const TextChunk& chunk : decoded.texts)
        DARKROOM_CHECK(is_valid_utf8(chunk.text), "texts are UTF-8");
}

void check_exif(std::span<const std::byte> exif) {
    const int orientation = exif_orientation(exif);
    DARKROOM_CHECK(orientation >= 1 && orientation <= 8, "an orientation is one of eight");
    const std::optional<std::string> comment = exif_user_comment(exif);
    DARKROOM_CHECK(!comment || is_valid_utf8(*comment), "a comment is UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto decoded =
        decode_with_texts(bytes, {.limits = kLimits, .background = Rgb{255, 255, 255}});
    if (decoded) {
        check_decoded(*decoded);
        check_exif(decoded->exif);
    } else {
        DARKROOM_CHECK(
            decoded.error().code == ErrorCode::corrupt_input ||
                decoded.error().code == ErrorCode::payload_too_large,
            "a refusal says which");
    }
    check_exif(bytes);
    return 0;
}
