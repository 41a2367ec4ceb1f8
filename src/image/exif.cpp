// SPDX-License-Identifier: Apache-2.0
#include "image/exif.h"

#include <cstdint>
#include <string_view>

#include "base/encoding.h"

namespace darkroom::image {
namespace {

using namespace std::string_view_literals;

constexpr std::uint16_t kOrientation = 0x0112;
constexpr std::uint16_t kExifFolder = 0x8769;
constexpr std::uint16_t kUserComment = 0x9286;
constexpr std::size_t kEntryBytes = 12;
constexpr std::size_t kCommentPrefix = 8;

/// One entry of an image file directory.
struct Entry {
    std::uint32_t count = 0;
    /// Where its four bytes of value or offset are.
    std::size_t value_at = 0;
};

class TiffReader {
  public:
    explicit TiffReader(std::span<const std::byte> bytes) : bytes_(bytes) {
        const std::string_view mark = text(0, 4);
        little_ = mark == "II*\0"sv;
        valid_ = little_ || mark == "MM\0*"sv;
    }

    /// The first directory's entry with this tag.
    [[nodiscard]] std::optional<Entry> find(std::uint16_t tag) const {
        if (!valid_) return std::nullopt;
        return find_in(number(4, 4).value_or(0), tag);
    }

    /// An entry of the directory that the first directory calls its EXIF.
    [[nodiscard]] std::optional<Entry> find_in_exif(std::uint16_t tag) const {
        const std::optional<Entry> folder = find(kExifFolder);
        if (!folder) return std::nullopt;
        return find_in(number(folder->value_at, 4).value_or(0), tag);
    }

    /// A number of 2 or 4 bytes in the file's byte order.
    [[nodiscard]] std::optional<std::uint32_t> number(std::size_t at, std::size_t size) const {
        if (at > bytes_.size() || bytes_.size() - at < size) return std::nullopt;
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const std::size_t place = little_ ? size - 1 - i : i;
            value = value << 8 | std::to_integer<std::uint32_t>(bytes_[at + place]);
        }
        return value;
    }

    /// `size` bytes at `at`, or nothing when they are not all there.
    [[nodiscard]] std::string_view text(std::size_t at, std::size_t size) const {
        if (at > bytes_.size() || bytes_.size() - at < size) return {};
        return {reinterpret_cast<const char*>(bytes_.data()) + at, size};
    }

  private:
    [[nodiscard]] std::optional<Entry> find_in(std::size_t folder, std::uint16_t tag) const {
        const std::uint32_t count = number(folder, 2).value_or(0);
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::size_t at = folder + 2 + i * kEntryBytes;
            const std::optional<std::uint32_t> found = number(at, 2);
            if (!found) return std::nullopt;
            if (*found != tag) continue;
            const std::optional<std::uint32_t> values = number(at + 4, 4);
            if (!values) return std::nullopt;
            return Entry{.count = *values, .value_at = at + 8};
        }
        return std::nullopt;
    }

    std::span<const std::byte> bytes_;
    bool little_ = false;
    bool valid_ = false;
};

/// UTF-8 of UTF-16BE; a lone surrogate becomes U+FFFD, an odd last byte is dropped.
std::string from_utf16(std::string_view bytes) {
    const auto unit = [bytes](std::size_t i) {
        return static_cast<char32_t>(
            static_cast<unsigned char>(bytes[2 * i]) << 8 |
            static_cast<unsigned char>(bytes[2 * i + 1]));
    };
    std::string text;
    const std::size_t units = bytes.size() / 2;
    for (std::size_t i = 0; i < units; ++i) {
        char32_t c = unit(i);
        const bool high = c >= 0xD800 && c < 0xDC00;
        const bool low = c >= 0xDC00 && c < 0xE000;
        if (high && i + 1 < units && unit(i + 1) >= 0xDC00 && unit(i + 1) < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (unit(++i) - 0xDC00);
        } else if (high || low) {
            c = 0xFFFD;
        }
        append_utf8(text, c);
    }
    return text;
}

}  // namespace

int exif_orientation(std::span<const std::byte> exif) {
    const TiffReader tiff(exif);
    const std::optional<Entry> entry = tiff.find(kOrientation);
    if (!entry) return 1;
    const std::uint32_t orientation = tiff.number(entry->value_at, 2).value_or(1);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

std::optional<std::string> exif_user_comment(std::span<const std::byte> exif) {
    const TiffReader tiff(exif);
    const std::optional<Entry> entry = tiff.find_in_exif(kUserComment);
    if (!entry) return std::nullopt;
    const std::size_t at =
        entry->count <= 4 ? entry->value_at : tiff.number(entry->value_at, 4).value_or(0);
    const std::string_view comment = tiff.text(at, entry->count);
    std::string text;
    if (comment.starts_with("UNICODE\0"sv)) {
        text = from_utf16(comment.substr(kCommentPrefix));
    } else if (comment.starts_with("ASCII\0\0\0"sv)) {
        text = repair_utf8(comment.substr(kCommentPrefix));
    } else {
        text = repair_utf8(comment);
    }
    if (text.empty()) return std::nullopt;
    return text;
}

}  // namespace darkroom::image
