// SPDX-License-Identifier: Apache-2.0
#include "image/png.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include <spng.h>

#include "base/encoding.h"
#include "base/format.h"
#include "image/decode_limits.h"

namespace darkroom::image {
namespace {

constexpr std::size_t kMaxKeyword = 79;

struct FreeContext {
    void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, FreeContext>;

struct FreeBuffer {
    void operator()(void* buffer) const { std::free(buffer); }  // NOLINT: from malloc in libspng
};

/// What tEXt may hold: Latin-1 without control characters other than line feed.
bool is_text_character(char32_t c) {
    return c == U'\n' || (c >= 0x20 && c <= 0x7E) || (c >= 0xA1 && c <= 0xFF);
}

/// The text in Latin-1, or nothing when tEXt cannot hold it.
std::optional<std::string> to_latin1(std::string_view text) {
    std::string latin1;
    latin1.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = next_code_point(text, i);
        if (!is_text_character(c)) return std::nullopt;
        latin1 += static_cast<char>(c);
    }
    return latin1;
}

std::string from_latin1(std::string_view latin1) {
    std::string text;
    text.reserve(latin1.size());
    for (const char c : latin1)
        append_utf8(text, static_cast<unsigned char>(c));
    return text;
}

std::string without_nul(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (const char c : text) {
        if (c == '\0') {
            append_utf8(clean, 0xFFFD);
        } else {
            clean += c;
        }
    }
    return repair_utf8(clean);
}

/// Chunks in the library's form, with the memory that they point into.
class TextTable {
  public:
    Result<void> add(const TextChunk& chunk) {
        const std::optional<std::string> keyword = to_latin1(chunk.keyword);
        if (!keyword || keyword->empty() || keyword->size() > kMaxKeyword) {
            return Error{ErrorCode::invalid_argument, "PNG keyword is not 1 to 79 characters"};
        }
        if (chunk.text.empty()) return {};
        std::string text = without_nul(chunk.text);
        spng_text entry{};
        std::memcpy(entry.keyword, keyword->data(), keyword->size());
        entry.type = SPNG_ITXT;
        if (std::optional<std::string> latin1 = to_latin1(text)) {
            entry.type = SPNG_TEXT;
            text = *std::move(latin1);
        }
        entry.length = text.size();
        texts_.push_back(std::make_unique<std::string>(std::move(text)));
        entry.text = texts_.back()->data();
        entry.language_tag = empty_;
        entry.translated_keyword = empty_;
        entries_.push_back(entry);
        return {};
    }

    std::vector<spng_text>& entries() { return entries_; }

  private:
    char empty_[1] = {'\0'};
    std::vector<std::unique_ptr<std::string>> texts_;
    std::vector<spng_text> entries_;
};

Error encoding_error(int code) {
    return Error{
        code == SPNG_EMEM ? ErrorCode::resource_exhausted : ErrorCode::invalid_argument,
        format("cannot write the PNG: {}", spng_strerror(code))};
}

Error decoding_error(int code) {
    const bool limit = code == SPNG_ECHUNK_LIMITS || code == SPNG_EUSER_WIDTH ||
                       code == SPNG_EUSER_HEIGHT || code == SPNG_EMEM;
    return Error{
        limit ? ErrorCode::payload_too_large : ErrorCode::corrupt_input,
        format("cannot read the PNG: {}", spng_strerror(code))};
}

Result<void> check_image(const Image& image) {
    const bool sized = image.width > 0 && image.height > 0 && image.width <= INT32_MAX &&
                       image.height <= INT32_MAX;
    const bool filled = (image.channels == 3 || image.channels == 4) && sized &&
                        image.pixels.size() == image.width * image.height * image.channels;
    if (filled) return {};
    return Error{
        ErrorCode::invalid_argument,
        format(
            "{} bytes are not an image of {}x{} with {} channels",
            image.pixels.size(),
            image.width,
            image.height,
            image.channels)};
}

/// Sets header and texts and encodes into the context's own buffer; a library error code.
int encode_into(spng_ctx* context, const Image& image, std::vector<spng_text>& texts) {
    spng_ihdr header{};
    header.width = static_cast<std::uint32_t>(image.width);
    header.height = static_cast<std::uint32_t>(image.height);
    header.bit_depth = 8;
    header.color_type =
        image.channels == 4 ? SPNG_COLOR_TYPE_TRUECOLOR_ALPHA : SPNG_COLOR_TYPE_TRUECOLOR;
    if (const int code = spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1)) return code;
    if (const int code = spng_set_ihdr(context, &header)) return code;
    if (!texts.empty()) {
        const auto count = static_cast<std::uint32_t>(texts.size());
        if (const int code = spng_set_text(context, texts.data(), count)) return code;
    }
    return spng_encode_image(
        context, image.pixels.data(), image.pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
}

/// Reads the header and refuses what is beyond the limits.
Result<spng_ihdr> read_header(spng_ctx* context, const PngLimits& limits) {
    spng_ihdr header{};
    if (const int code = spng_get_ihdr(context, &header)) return decoding_error(code);
    const DecodeLimits sizes{
        .max_pixels = limits.max_pixels,
        .max_side = limits.max_side,
        .max_ratio = limits.max_ratio};
    DARKROOM_TRY(check_size(header.width, header.height, sizes));
    return header;
}

/// Reads the chunks before the pixels on the way.
Result<bool> has_transparency(spng_ctx* context, const spng_ihdr& header) {
    spng_trns transparency{};
    const int code = spng_get_trns(context, &transparency);
    if (code != SPNG_OK && code != SPNG_ECHUNKAVAIL) return decoding_error(code);
    return code == SPNG_OK || header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA ||
           header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA;
}

Result<Image> read_pixels(spng_ctx* context, const PngLimits& limits) {
    DARKROOM_TRY_ASSIGN(const spng_ihdr header, read_header(context, limits));
    DARKROOM_TRY_ASSIGN(const bool alpha, has_transparency(context, header));
    const int pixel_format = alpha ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8;
    std::size_t size = 0;
    if (const int code = spng_decoded_image_size(context, pixel_format, &size)) {
        return decoding_error(code);
    }
    Image image{.width = header.width, .height = header.height};
    image.channels = alpha ? 4 : 3;
    if (size != image.width * image.height * image.channels) return decoding_error(SPNG_EOVERFLOW);
    image.pixels.resize(size);
    const int code =
        spng_decode_image(context, image.pixels.data(), size, pixel_format, SPNG_DECODE_TRNS);
    if (code != SPNG_OK) return decoding_error(code);
    return image;
}

Result<std::vector<TextChunk>> read_texts(spng_ctx* context) {
    if (const int code = spng_decode_chunks(context)) return decoding_error(code);
    std::uint32_t count = 0;
    const int counted = spng_get_text(context, nullptr, &count);
    if (counted == SPNG_ECHUNKAVAIL || (counted == SPNG_OK && count == 0)) {
        return std::vector<TextChunk>();
    }
    if (counted != SPNG_OK) return decoding_error(counted);
    std::vector<spng_text> entries(count);
    if (const int code = spng_get_text(context, entries.data(), &count)) {
        return decoding_error(code);
    }
    std::vector<TextChunk> texts;
    for (const spng_text& entry : entries) {
        const std::string_view text(entry.text, entry.length);
        texts.push_back(
            {.keyword = from_latin1(entry.keyword),
             .text = entry.type == SPNG_ITXT ? repair_utf8(text) : from_latin1(text)});
    }
    return texts;
}

Result<std::vector<std::byte>> read_exif(spng_ctx* context) {
    spng_exif exif{};
    const int code = spng_get_exif(context, &exif);
    if (code == SPNG_ECHUNKAVAIL) return std::vector<std::byte>();
    if (code != SPNG_OK) return decoding_error(code);
    const auto bytes = std::as_bytes(std::span(exif.data, exif.length));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace

Result<std::vector<std::byte>> encode_png(const Image& image, const std::vector<TextChunk>& texts) {
    DARKROOM_TRY(check_image(image));
    TextTable table;
    for (const TextChunk& chunk : texts)
        DARKROOM_TRY(table.add(chunk));
    const Context context(spng_ctx_new(SPNG_CTX_ENCODER));
    if (context == nullptr) return encoding_error(SPNG_EMEM);
    if (const int code = encode_into(context.get(), image, table.entries())) {
        return encoding_error(code);
    }
    std::size_t size = 0;
    int code = SPNG_OK;
    const std::unique_ptr<void, FreeBuffer> buffer(
        spng_get_png_buffer(context.get(), &size, &code));
    if (buffer == nullptr) return encoding_error(code);
    const auto* first = static_cast<const std::byte*>(buffer.get());
    return std::vector<std::byte>(first, first + size);
}

Result<DecodedPng> decode_png(std::span<const std::byte> bytes, const PngLimits& limits) {
    if (bytes.size() > limits.max_bytes) {
        return Error{
            ErrorCode::payload_too_large,
            format("image file has more than {} bytes: {}", limits.max_bytes, bytes.size())};
    }
    const Context context(spng_ctx_new(0));
    if (context == nullptr) return decoding_error(SPNG_EMEM);
    const auto side = static_cast<std::uint32_t>(std::min<std::size_t>(limits.max_side, INT32_MAX));
    int code = spng_set_image_limits(context.get(), side, side);
    if (code == SPNG_OK) {
        code =
            spng_set_chunk_limits(context.get(), limits.max_chunk_bytes, limits.max_chunks_bytes);
    }
    if (code == SPNG_OK) code = spng_set_png_buffer(context.get(), bytes.data(), bytes.size());
    if (code != SPNG_OK) return decoding_error(code);
    DecodedPng decoded;
    DARKROOM_TRY_ASSIGN(decoded.image, read_pixels(context.get(), limits));
    DARKROOM_TRY_ASSIGN(decoded.texts, read_texts(context.get()));
    DARKROOM_TRY_ASSIGN(decoded.exif, read_exif(context.get()));
    return decoded;
}

}  // namespace darkroom::image
