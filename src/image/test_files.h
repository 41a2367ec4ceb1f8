// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace darkroom::image {

struct ExifFields {
    bool little = false;
    int orientation = 1;
    /// With its prefix; none when empty.
    std::string comment = {};
};

/// A TIFF structure with an orientation and, in its EXIF directory, a user comment.
inline std::string exif_file(const ExifFields& fields) {
    const auto number = [&fields](std::uint32_t value, int size) {
        std::string text;
        for (int i = 0; i < size; ++i) {
            const int shift = 8 * (fields.little ? i : size - 1 - i);
            text += static_cast<char>(value >> shift & 0xFFU);
        }
        return text;
    };
    const auto entry = [&number](std::uint32_t tag, std::uint32_t type, std::uint32_t count) {
        return number(tag, 2) + number(type, 2) + number(count, 4);
    };
    std::string file = fields.little ? "II" : "MM";
    file += number(42, 2) + number(8, 4) + number(2, 2);
    file += entry(0x0112, 3, 1) + number(static_cast<std::uint32_t>(fields.orientation), 2) +
            number(0, 2);
    file += entry(0x8769, 4, 1) + number(38, 4) + number(0, 4);
    const auto size = static_cast<std::uint32_t>(fields.comment.size());
    if (size == 0) return file + number(0, 2) + number(0, 4);
    file += number(1, 2) + entry(0x9286, 7, size);
    if (size <= 4) {
        file += fields.comment + std::string(4 - size, '\0');
        return file + number(0, 4);
    }
    return file + number(56, 4) + number(0, 4) + fields.comment;
}

}  // namespace darkroom::image
