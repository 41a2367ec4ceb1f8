// SPDX-License-Identifier: Apache-2.0
#include "image/png.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"

namespace darkroom::image {
namespace {

Image gradient(std::size_t width, std::size_t height, std::size_t channels) {
    Image image{.width = width, .height = height, .channels = channels};
    image.pixels.resize(width * height * channels);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        image.pixels[i] = static_cast<std::uint8_t>(i * 7 + i / 11);
    }
    return image;
}

std::string as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// CRC-32 as in ISO 3309, for files built by hand.
std::uint32_t crc32(std::string_view text) {
    std::uint32_t crc = 0xFFFFFFFFu;
    for (const char c : text) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

std::string big_endian(std::uint32_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8)
        text += static_cast<char>((value >> shift) & 0xFFu);
    return text;
}

std::string chunk(const std::string& type, const std::string& body) {
    return big_endian(static_cast<std::uint32_t>(body.size())) + type + body +
           big_endian(crc32(type + body));
}

/// A file of a header and an end, without pixels.
std::string header_only(std::uint32_t width, std::uint32_t height, const std::string& between) {
    const std::string header =
        big_endian(width) + big_endian(height) + std::string("\x01\0\0\0\0", 5);
    return "\x89PNG\r\n\x1A\n" + chunk("IHDR", header) + between + chunk("IEND", "");
}

TEST(Png, KeepsPixelsAndTexts) {
    for (const std::size_t channels : {std::size_t{3}, std::size_t{4}}) {
        const Image image = gradient(37, 19, channels);
        const std::vector<TextChunk> texts = {
            {"parameters", "a caf\xC3\xA9\nSteps: 20, Size: 512x512"},
            {"darkroom", R"({"engine": "cpu"})"},
            {"other", "\xE7\x94\xBB, tab\there"},
        };
        const auto bytes = encode_png(image, texts).value();
        const DecodedPng decoded = decode_png(bytes).value();
        EXPECT_EQ(decoded.image, image);
        EXPECT_EQ(decoded.texts, texts);
    }
}

TEST(Png, WritesLatin1AsTextAndTheRestAsInternationalText) {
    const std::string latin1 =
        as_text(encode_png(gradient(2, 2, 3), {{"parameters", "caf\xC3\xA9"}}).value());
    EXPECT_NE(latin1.find(std::string("tEXtparameters\0caf\xE9", 19)), std::string::npos);
    EXPECT_EQ(latin1.find("iTXt"), std::string::npos);

    const std::string utf8 =
        as_text(encode_png(gradient(2, 2, 3), {{"parameters", "\xE7\x94\xBB"}}).value());
    EXPECT_NE(
        utf8.find(std::string("iTXtparameters\0\0\0\0\0\xE7\x94\xBB", 22)), std::string::npos);
    EXPECT_EQ(utf8.find("tEXt"), std::string::npos);
}

TEST(Png, PutsTextsBeforePixelsInOrder) {
    const std::string file =
        as_text(encode_png(gradient(2, 2, 3), {{"parameters", "x"}, {"darkroom", "y"}}).value());
    EXPECT_LT(file.find("parameters"), file.find("darkroom"));
    EXPECT_LT(file.find("darkroom"), file.find("IDAT"));
}

TEST(Png, ANulInATextIsReplaced) {
    const auto bytes = encode_png(gradient(2, 2, 3), {{"k", std::string("a\0b", 3)}, {"e", ""}});
    const DecodedPng decoded = decode_png(bytes.value()).value();
    EXPECT_EQ(
        decoded.texts,
        (std::vector<TextChunk>{
            {"k",
             "a\xEF\xBF\xBD"
             "b"}}));
}

TEST(Png, EncodingRefusesBadKeywordsAndSizes) {
    const Image image = gradient(2, 2, 3);
    for (const std::string& keyword :
         {std::string(), std::string(80, 'k'), std::string("\xE7\x94\xBB"), std::string("a\nb")}) {
        EXPECT_FALSE(encode_png(image, {{keyword, "x"}}));
    }
    Image wrong = image;
    wrong.pixels.pop_back();
    EXPECT_EQ(encode_png(wrong, {}).error().code, ErrorCode::invalid_argument);
    EXPECT_FALSE(encode_png(Image{}, {}));
}

TEST(Png, ReadsAPictureWrittenByAnotherProgram) {
    const std::string file =
        read_file(DARKROOM_SOURCE_DIR "/tests/golden/icons-128.euler.0.png", 1 << 20).value();
    const DecodedPng decoded = decode_png(as_bytes(file)).value();
    EXPECT_EQ(decoded.image.width, 128u);
    EXPECT_EQ(decoded.image.height, 128u);
    EXPECT_EQ(decoded.image.channels, 3u);
}

TEST(Png, RefusesBombsBeforeAllocating) {
    const auto code = [](const std::string& file, const PngLimits& limits) {
        return decode_png(as_bytes(file), limits).error().code;
    };
    EXPECT_EQ(code(header_only(65535, 65535, ""), {}), ErrorCode::payload_too_large);
    EXPECT_EQ(code(header_only(100000, 8, ""), {}), ErrorCode::payload_too_large);
    EXPECT_EQ(code(header_only(0, 8, ""), {}), ErrorCode::corrupt_input);
    EXPECT_EQ(code(header_only(0x80000000u, 8, ""), {}), ErrorCode::corrupt_input);
    EXPECT_EQ(code(header_only(8, 8, ""), {}), ErrorCode::corrupt_input);
    EXPECT_EQ(code(header_only(8, 8, ""), {.max_bytes = 20}), ErrorCode::payload_too_large);
    const std::string text = chunk("tEXt", std::string("k\0", 2) + std::string(5000, 'x'));
    EXPECT_EQ(
        code(header_only(8, 8, text), {.max_chunk_bytes = 1000, .max_chunks_bytes = 2000}),
        ErrorCode::payload_too_large);
    const std::string many = [&] {
        std::string chunks;
        for (int i = 0; i < 3000; ++i)
            chunks += chunk("tEXt", std::string("k\0x", 3));
        return chunks;
    }();
    EXPECT_FALSE(decode_png(as_bytes(header_only(8, 8, many))));
}

TEST(Png, RefusesEveryTruncationAndFlippedByteWithoutCrashing) {
    const auto bytes = encode_png(gradient(5, 5, 3), {{"parameters", "text"}}).value();
    for (std::size_t length = 0; length + 12 < bytes.size(); ++length) {
        EXPECT_FALSE(decode_png(std::span(bytes).first(length))) << length;
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto flipped = bytes;
        flipped[i] ^= std::byte{0x41};
        const auto decoded = decode_png(flipped);
        if (decoded) {
            EXPECT_EQ(decoded->image.pixels.size(), 75u);
        }
    }
}

}  // namespace
}  // namespace darkroom::image
