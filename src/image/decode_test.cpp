// SPDX-License-Identifier: Apache-2.0
#include "image/decode.h"

#include <turbojpeg.h>
#include <webp/encode.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "image/exif.h"
#include "image/orientation.h"
#include "image/test_files.h"
#include "image/test_pattern.h"

namespace darkroom::image {
namespace {

using namespace std::string_view_literals;

std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Smooth, so that lossy formats come close to it.
Image gradient(std::size_t width, std::size_t height, std::size_t channels) {
    Image image{.width = width, .height = height, .channels = channels};
    for (std::size_t y = 0; y < height; ++y) {
        for (std::size_t x = 0; x < width; ++x) {
            for (std::size_t c = 0; c < channels; ++c) {
                const std::size_t value =
                    255 * (c % 2 == 0 ? x : y) / (c % 2 == 0 ? width : height);
                image.pixels.push_back(static_cast<std::uint8_t>(c == 2 ? 255 - value : value));
            }
        }
    }
    return image;
}

int largest_difference(const Image& a, const Image& b) {
    EXPECT_EQ(a.width, b.width);
    EXPECT_EQ(a.height, b.height);
    EXPECT_EQ(a.pixels.size(), b.pixels.size());
    int largest = 0;
    for (std::size_t i = 0; i < std::min(a.pixels.size(), b.pixels.size()); ++i)
        largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
    return largest;
}

struct JpegForm {
    int pixel_format = TJPF_RGB;
    int sampling = TJSAMP_420;
    int flags = 0;
};

std::string encode_jpeg(const Image& image, const JpegForm& form = {}) {
    const tjhandle handle = tjInitCompress();
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    EXPECT_EQ(
        tjCompress2(
            handle,
            image.pixels.data(),
            static_cast<int>(image.width),
            0,
            static_cast<int>(image.height),
            form.pixel_format,
            &buffer,
            &size,
            form.sampling,
            95,
            form.flags),
        0);
    std::string file(reinterpret_cast<const char*>(buffer), size);
    tjFree(buffer);
    tjDestroy(handle);
    return file;
}

std::string encode_webp(const Image& image) {
    std::uint8_t* buffer = nullptr;
    const auto width = static_cast<int>(image.width);
    const auto height = static_cast<int>(image.height);
    const auto stride = width * static_cast<int>(image.channels);
    const auto encode = image.channels == 4 ? WebPEncodeLosslessRGBA : WebPEncodeLosslessRGB;
    const std::size_t size = encode(image.pixels.data(), width, height, stride, &buffer);
    std::string file(reinterpret_cast<const char*>(buffer), size);
    WebPFree(buffer);
    return file;
}

std::string big_endian(std::size_t value, int bytes) {
    std::string text;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        text += static_cast<char>(value >> shift & 0xFFU);
    return text;
}

std::string little_endian(std::size_t value, int bytes) {
    std::string text = big_endian(value, bytes);
    return {text.rbegin(), text.rend()};
}

/// A JPEG with a segment behind its first two bytes.
std::string with_segment(const std::string& jpeg, char marker, const std::string& body) {
    return jpeg.substr(0, 2) + '\xFF' + marker + big_endian(body.size() + 2, 2) + body +
           jpeg.substr(2);
}

std::string with_orientation(const std::string& jpeg, int orientation) {
    const std::string exif = exif_file({.little = true, .orientation = orientation});
    return with_segment(jpeg, '\xE1', std::string("Exif\0\0", 6) + exif);
}

std::string riff_chunk(const std::string& name, const std::string& body) {
    return name + little_endian(body.size(), 4) + body + std::string(body.size() % 2, '\0');
}

std::string riff(const std::string& chunks) {
    return "RIFF" + little_endian(chunks.size() + 4, 4) + "WEBP" + chunks;
}

/// The extended header of a WebP; flags of the container specification.
std::string extended_header(int flags, std::size_t width, std::size_t height) {
    return riff_chunk(
        "VP8X",
        little_endian(static_cast<std::size_t>(flags), 4) + little_endian(width - 1, 3) +
            little_endian(height - 1, 3));
}

ErrorCode refusal(std::string_view file, const DecodeLimits& limits = {}) {
    const Result<Image> decoded = decode(as_bytes(file), {.limits = limits});
    EXPECT_FALSE(decoded.has_value());
    return decoded ? ErrorCode::internal : decoded.error().code;
}

TEST(Decode, RecognisesAFormatByItsFirstBytes) {
    const Image image = gradient(32, 24, 3);
    const auto png = encode_png(image, {{"parameters", "a cat"}}).value();
    const DecodedImage from_png = decode_with_texts(png).value();
    EXPECT_EQ(from_png.format, ImageFormat::png);
    EXPECT_EQ(from_png.image, image);
    EXPECT_EQ(from_png.texts, (std::vector<TextChunk>{{"parameters", "a cat"}}));

    const DecodedImage from_webp = decode_with_texts(as_bytes(encode_webp(image))).value();
    EXPECT_EQ(from_webp.format, ImageFormat::webp);
    EXPECT_EQ(from_webp.image, image);

    const DecodedImage from_jpeg = decode_with_texts(as_bytes(encode_jpeg(image))).value();
    EXPECT_EQ(from_jpeg.format, ImageFormat::jpeg);
    EXPECT_LE(largest_difference(from_jpeg.image, image), 12);
}

TEST(Decode, WhatIsNoPictureIsCorruptWhateverItsName) {
    for (const std::string_view file :
         {""sv,
          "\x89PNG"sv,
          "<svg xmlns='http://www.w3.org/2000/svg'/>"sv,
          "%PDF-1.7\n"sv,
          "GIF89a\1\0\1\0\0\0\0;"sv,
          "RIFF\4\0\0\0WAVE"sv,
          "RIFF\4\0\0\0WEBP"sv,
          "\xFF\xD8\xFF"sv}) {
        EXPECT_EQ(refusal(file), ErrorCode::corrupt_input) << file;
    }
}

TEST(Decode, AlphaIsKeptOrLaidOnAColour) {
    const Image image = test_pattern(7, 5, 4);
    const auto png = encode_png(image, {}).value();
    const std::string webp = encode_webp(image);
    const Rgb white{255, 255, 255};
    EXPECT_EQ(decode(png).value(), image);
    EXPECT_EQ(decode(png, {.background = white}).value(), flatten(image, white));
    // WebP may lose the colours of pixels that cannot be seen.
    EXPECT_EQ(decode(as_bytes(webp)).value().channels, 4u);
    EXPECT_EQ(decode(as_bytes(webp), {.background = white}).value(), flatten(image, white));
}

TEST(Decode, ReadsEveryKindOfJpeg) {
    const Image image = gradient(45, 31, 3);
    for (const int sampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_440, TJSAMP_411}) {
        for (const int flags : {0, TJFLAG_PROGRESSIVE}) {
            const std::string file = encode_jpeg(image, {.sampling = sampling, .flags = flags});
            EXPECT_LE(largest_difference(decode(as_bytes(file)).value(), image), 20);
        }
    }
    const std::string grey = encode_jpeg(image, {.sampling = TJSAMP_GRAY});
    EXPECT_LE(largest_difference(decode(as_bytes(grey)).value(), flatten(to_grey(image), {})), 3);
}

TEST(Decode, CmykOfAJpegIsTakenAsInverted) {
    // White, cyan, and a dark red of little ink: 255 is no ink.
    const auto colour_of = [](const std::vector<std::uint8_t>& cmyk) {
        Image image{.width = 16, .height = 16, .channels = 4};
        for (int i = 0; i < 256; ++i)
            image.pixels.insert(image.pixels.end(), cmyk.begin(), cmyk.end());
        const std::string file =
            encode_jpeg(image, {.pixel_format = TJPF_CMYK, .sampling = TJSAMP_444});
        const Image rgb = decode(as_bytes(file)).value();
        EXPECT_EQ(rgb.channels, 3u);
        return std::vector<std::uint8_t>(rgb.pixels.begin(), rgb.pixels.begin() + 3);
    };
    const auto near = [](const std::vector<std::uint8_t>& a, const std::vector<int>& b) {
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_NEAR(a[i], b[i], 3);
    };
    near(colour_of({255, 255, 255, 255}), {255, 255, 255});
    near(colour_of({0, 255, 255, 255}), {0, 255, 255});
    near(colour_of({255, 0, 0, 128}), {128, 0, 0});
}

TEST(Decode, OrientationIsApplied) {
    // A mark in the stored top left corner goes where the orientation says.
    Image image{
        .width = 32, .height = 16, .channels = 3, .pixels = std::vector<std::uint8_t>(1536)};
    for (std::size_t y = 0; y < 8; ++y)
        std::fill_n(
            image.pixels.begin() + static_cast<std::ptrdiff_t>(y * 96), 24, std::uint8_t{255});
    const std::string file = encode_jpeg(image, {.sampling = TJSAMP_444});
    const std::vector<std::string> corners = {
        "top left",
        "top right",
        "bottom right",
        "bottom left",
        "top left",
        "top right",
        "bottom right",
        "bottom left"};
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const Image shown = decode(as_bytes(with_orientation(file, orientation))).value();
        EXPECT_EQ(shown.width, orientation < 5 ? 32u : 16u);
        EXPECT_EQ(shown.height, orientation < 5 ? 16u : 32u);
        const auto bright = [&shown](std::size_t x, std::size_t y) {
            return shown.pixels[(y * shown.width + x) * 3] > 128;
        };
        const std::size_t right = shown.width - 2;
        const std::size_t bottom = shown.height - 2;
        std::string corner;
        if (bright(2, 2)) corner += "top left";
        if (bright(right, 2)) corner += "top right";
        if (bright(2, bottom)) corner += "bottom left";
        if (bright(right, bottom)) corner += "bottom right";
        EXPECT_EQ(corner, corners[static_cast<std::size_t>(orientation - 1)]) << orientation;
    }
}

TEST(Decode, OrientationsTurnAndMirror) {
    const Image image{.width = 3, .height = 2, .channels = 1, .pixels = {1, 2, 3, 4, 5, 6}};
    const std::vector<std::vector<std::uint8_t>> expected = {
        {1, 2, 3, 4, 5, 6},
        {3, 2, 1, 6, 5, 4},
        {6, 5, 4, 3, 2, 1},
        {4, 5, 6, 1, 2, 3},
        {1, 4, 2, 5, 3, 6},
        {4, 1, 5, 2, 6, 3},
        {6, 3, 5, 2, 4, 1},
        {3, 6, 2, 5, 1, 4}};
    for (int orientation = 1; orientation <= 8; ++orientation) {
        EXPECT_EQ(
            upright(image, orientation).pixels, expected[static_cast<std::size_t>(orientation - 1)])
            << orientation;
    }
}

TEST(Decode, TextsOfAJpegAndAWebpAreInTheirExif) {
    const Image image = gradient(16, 16, 3);
    const std::string exif =
        exif_file({.orientation = 1, .comment = std::string("UNICODE\0\0a\0 \0c\0a\0t", 18)});
    const std::string jpeg = with_segment(
        with_segment(encode_jpeg(image), '\xFE', "a comment"),
        '\xE1',
        std::string("Exif\0\0", 6) + exif);
    const DecodedImage from_jpeg = decode_with_texts(as_bytes(jpeg)).value();
    EXPECT_EQ(exif_user_comment(from_jpeg.exif), "a cat");
    EXPECT_EQ(from_jpeg.texts, (std::vector<TextChunk>{{"comment", "a comment"}}));

    const std::string plain = encode_webp(image);
    const std::string webp =
        riff(extended_header(0x08, 16, 16) + plain.substr(12) + riff_chunk("EXIF", exif));
    const DecodedImage from_webp = decode_with_texts(as_bytes(webp)).value();
    EXPECT_EQ(exif_user_comment(from_webp.exif), "a cat");
    EXPECT_EQ(from_webp.image, image);
}

TEST(Decode, SizesAreRefusedBeforePixelsAreRead) {
    const auto frame = [](std::size_t width, std::size_t height) {
        return "\xFF\xD8\xFF\xC0" + big_endian(17, 2) + '\x08' + big_endian(height, 2) +
               big_endian(width, 2) + "\x03\x01\x11" + std::string("\0\x02\x11\0\x03\x11\0", 7) +
               "\xFF\xDA" + big_endian(12, 2) + "\x03\x01" +
               std::string("\0\x02\0\x03\0\0\x3F\0", 8) + "\xFF\xD9";
    };
    EXPECT_EQ(refusal(frame(65535, 65535)), ErrorCode::payload_too_large);
    EXPECT_EQ(refusal(frame(65535, 8)), ErrorCode::payload_too_large);
    EXPECT_EQ(refusal(frame(8, 0)), ErrorCode::corrupt_input);
    EXPECT_EQ(refusal(frame(0, 0)), ErrorCode::corrupt_input);
    const std::string big_webp =
        riff(riff_chunk("VP8L", "\x2F" + little_endian(16383U | 16383U << 14, 4) + "\0\0\0"));
    EXPECT_EQ(refusal(big_webp), ErrorCode::payload_too_large);
    EXPECT_EQ(
        refusal(as_text(encode_png(test_pattern(202, 2, 3), {}).value())),
        ErrorCode::payload_too_large);
    EXPECT_EQ(
        refusal(encode_jpeg(gradient(16, 16, 3)), {.max_bytes = 100}),
        ErrorCode::payload_too_large);
    EXPECT_EQ(
        refusal(encode_webp(gradient(16, 17, 3)), {.max_pixels = 256}),
        ErrorCode::payload_too_large);
}

TEST(Decode, AJpegOfAThousandScansIsRefused) {
    const std::string file = encode_jpeg(gradient(16, 16, 3), {.flags = TJFLAG_PROGRESSIVE});
    const std::size_t last = file.rfind("\xFF\xDA"sv);
    const std::string scan = file.substr(last, file.size() - 2 - last);
    std::string many = file.substr(0, file.size() - 2);
    for (int i = 0; i < 1000; ++i)
        many += scan;
    many += "\xFF\xD9";
    EXPECT_EQ(refusal(many), ErrorCode::payload_too_large);
    // Ten scans of a small picture are nothing, of the largest one they would be much.
    EXPECT_TRUE(decode(as_bytes(file)));
    EXPECT_EQ(refusal(file, {.max_scanned_pixels = 1000}), ErrorCode::payload_too_large);
}

TEST(Decode, ExcessiveMetadataIsRefused) {
    const std::string exif = exif_file({.orientation = 1, .comment = std::string(5000, 'x')});
    const Image image = gradient(16, 16, 3);
    const std::string jpeg =
        with_segment(encode_jpeg(image), '\xE1', std::string("Exif\0\0", 6) + exif);
    const std::string webp = riff(
        extended_header(0x08, 16, 16) + encode_webp(image).substr(12) + riff_chunk("EXIF", exif));
    for (const std::string& file : {jpeg, webp}) {
        EXPECT_TRUE(decode(as_bytes(file)));
        EXPECT_EQ(refusal(file, {.max_metadata_bytes = 1000}), ErrorCode::payload_too_large);
    }
}

TEST(Decode, AnAnimatedWebpIsRefused) {
    const std::string frame = encode_webp(gradient(16, 16, 3)).substr(12);
    const std::string placed =
        little_endian(0, 6) + little_endian(15, 3) + little_endian(15, 3) + little_endian(10, 4);
    const std::string file = riff(
        extended_header(0x02, 16, 16) + riff_chunk("ANIM", little_endian(0, 6)) +
        riff_chunk("ANMF", placed + frame));
    EXPECT_EQ(refusal(file), ErrorCode::corrupt_input);
}

TEST(Decode, BytesBehindThePictureAreNothing) {
    const Image image = gradient(16, 16, 3);
    const std::string jpeg = encode_jpeg(image);
    EXPECT_EQ(decode(as_bytes(jpeg + "PK\3\4<script>")).value(), decode(as_bytes(jpeg)).value());
    const std::string png = as_text(encode_png(image, {}).value());
    EXPECT_EQ(decode(as_bytes(png + "PK\3\4")).value(), image);
}

TEST(Decode, RefusesEveryTruncationAndFlippedByteWithoutCrashing) {
    const Image image = gradient(20, 12, 3);
    for (const std::string& file :
         {with_orientation(encode_jpeg(image), 6),
          encode_jpeg(image, {.flags = TJFLAG_PROGRESSIVE}),
          encode_webp(image)}) {
        for (std::size_t length = 0; length < file.size(); ++length)
            EXPECT_EQ(refusal(file.substr(0, length)), ErrorCode::corrupt_input) << length;
        for (std::size_t i = 0; i < file.size(); ++i) {
            std::string flipped = file;
            flipped[i] = static_cast<char>(flipped[i] ^ 0x41);
            const auto decoded = decode(as_bytes(flipped));
            if (!decoded) continue;
            EXPECT_EQ(decoded->pixels.size(), decoded->width * decoded->height * decoded->channels);
        }
    }
}

}  // namespace
}  // namespace darkroom::image
