// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/encoding.h"
#include "image/png.h"

namespace {

using namespace darkroom;
using namespace darkroom::image;

constexpr std::size_t kSignatureBytes = 8;

constexpr PngLimits kLimits = {
    .max_pixels = std::size_t{1} << 20,
    .max_side = 65535,
    .max_bytes = std::size_t{1} << 20,
    .max_chunk_bytes = std::size_t{1} << 16,
    .max_chunks_bytes = std::size_t{1} << 18};

void check_decoded(const DecodedPng& png) {
    const Image& image = png.image;
    DARKROOM_CHECK(image.channels == 3 || image.channels == 4, "RGB or RGBA");
    DARKROOM_CHECK(image.width > 0 && image.height > 0, "there are pixels");
    DARKROOM_CHECK(image.width * image.height <= kLimits.max_pixels, "the limit holds");
    DARKROOM_CHECK(
        image.pixels.size() == image.width * image.height * image.channels,
        "sizes and pixels agree");
    std::size_t text_bytes = 0;
    for (const TextChunk& chunk : png.texts) {
        DARKROOM_CHECK(is_valid_utf8(chunk.text), "texts are UTF-8");
        text_bytes += chunk.text.size();
    }
    // A Latin-1 byte becomes at most two, an unreadable one the three of U+FFFD.
    DARKROOM_CHECK(text_bytes <= 3 * kLimits.max_chunks_bytes, "texts keep their limit");
    const auto written = encode_png(image, {});
    DARKROOM_CHECK(written.has_value(), "a decoded picture can be written");
    const auto again = decode_png(*written, kLimits);
    DARKROOM_CHECK(again.has_value() && again->image == image, "pixels round-trip");
}

void check_bytes(std::span<const std::byte> bytes) {
    const auto png = decode_png(bytes, kLimits);
    if (png) {
        check_decoded(*png);
    } else {
        DARKROOM_CHECK(
            png.error().code == ErrorCode::corrupt_input ||
                png.error().code == ErrorCode::payload_too_large,
            "a refusal says which");
    }
}

std::uint32_t read_big_endian(std::span<const std::byte, 4> bytes) {
    std::uint32_t value = 0;
    for (const std::byte byte : bytes)
        value = value << 8 | std::to_integer<std::uint32_t>(byte);
    return value;
}

/// Gives every chunk its right checksum, which a mutation hardly ever hits.
std::vector<std::byte> with_checksums(std::vector<std::byte> file) {
    std::size_t at = kSignatureBytes;
    while (at < file.size() && file.size() - at >= 12) {
        const std::span<std::byte> chunk = std::span(file).subspan(at);
        const std::size_t length = read_big_endian(chunk.first<4>());
        if (length > chunk.size() - 12) break;
        const auto checksum = static_cast<std::uint32_t>(crc32_z(
            0, reinterpret_cast<const unsigned char*>(chunk.subspan(4).data()), length + 4));
        for (std::size_t i = 0; i < 4; ++i)
            chunk[8 + length + i] = static_cast<std::byte>(checksum >> (24 - 8 * i));
        at += length + 12;
    }
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::byte> file(
        reinterpret_cast<const std::byte*>(data), reinterpret_cast<const std::byte*>(data) + size);
    check_bytes(file);
    check_bytes(with_checksums(file));
    return 0;
}
