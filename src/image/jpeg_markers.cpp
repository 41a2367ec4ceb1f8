// SPDX-License-Identifier: Apache-2.0
#include "image/jpeg_markers.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/format.h"

namespace darkroom::image {
namespace {

using namespace std::string_view_literals;

constexpr std::uint8_t kMarker = 0xFF;
constexpr std::uint8_t kStart = 0xD8;
constexpr std::uint8_t kEnd = 0xD9;
constexpr std::uint8_t kScan = 0xDA;
constexpr std::uint8_t kExif = 0xE1;
constexpr std::uint8_t kComment = 0xFE;
constexpr std::uint8_t kTemporary = 0x01;
constexpr auto kExifMark = "Exif\0\0"sv;

Error broken(std::string_view what) {
    return Error{ErrorCode::corrupt_input, format("cannot read the JPEG: {}", what)};
}

bool is_restart(std::uint8_t marker) {
    return marker >= 0xD0 && marker <= 0xD7;
}

/// SOF0 to SOF15 without the tables DHT, JPG and DAC between them.
bool is_frame(std::uint8_t marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

class MarkerWalk {
  public:
    explicit MarkerWalk(std::span<const std::byte> bytes) : bytes_(bytes) {}

    Result<JpegMarkers> run() {
        if (bytes_.size() < 2 || at(0) != kMarker || at(1) != kStart) return broken("no start");
        position_ = 2;
        while (next_marker()) {
            if (marker_ == kEnd) return finish();
            if (is_restart(marker_) || marker_ == kTemporary) continue;
            DARKROOM_TRY(read_segment());
        }
        return broken("it is truncated");
    }

  private:
    [[nodiscard]] std::uint8_t at(std::size_t i) const {
        return std::to_integer<std::uint8_t>(bytes_[i]);
    }

    /// Moves behind the next marker, over coded data, stuffed zeros and fill bytes.
    bool next_marker() {
        while (position_ + 1 < bytes_.size()) {
            const std::span<const std::byte> rest = bytes_.subspan(position_);
            const void* found = std::memchr(rest.data(), kMarker, rest.size() - 1);
            if (found == nullptr) return false;
            position_ +=
                static_cast<std::size_t>(static_cast<const std::byte*>(found) - rest.data());
            marker_ = at(++position_);
            if (marker_ == kMarker) continue;
            ++position_;
            if (marker_ != 0) return true;
        }
        return false;
    }

    Result<void> read_segment() {
        if (bytes_.size() - position_ < 2) return broken("it is truncated");
        const std::size_t length = std::size_t{at(position_)} << 8 | at(position_ + 1);
        if (length < 2) return broken("a segment is too short");
        if (length > bytes_.size() - position_) return broken("it is truncated");
        const std::span<const std::byte> body = bytes_.subspan(position_ + 2, length - 2);
        position_ += length;
        if (is_frame(marker_)) return read_frame(body);
        if (marker_ == kScan) ++markers_.scans;
        if (marker_ == kComment && markers_.comment.empty()) markers_.comment = body;
        if (marker_ == kExif && markers_.exif.empty()) read_exif(body);
        return {};
    }

    Result<void> read_frame(std::span<const std::byte> body) {
        if (markers_.width != 0 || markers_.height != 0) return broken("it has two frames");
        if (body.size() < 6) return broken("a segment is too short");
        const auto number = [body](std::size_t i) {
            return std::to_integer<std::size_t>(body[i]) << 8 |
                   std::to_integer<std::size_t>(body[i + 1]);
        };
        markers_.height = number(1);
        markers_.width = number(3);
        return {};
    }

    void read_exif(std::span<const std::byte> body) {
        const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
        if (text.starts_with(kExifMark)) markers_.exif = body.subspan(kExifMark.size());
    }

    Result<JpegMarkers> finish() {
        if (markers_.scans == 0) return broken("it has no pixels");
        markers_.length = position_;
        return markers_;
    }

    std::span<const std::byte> bytes_;
    std::size_t position_ = 0;
    std::uint8_t marker_ = 0;
    JpegMarkers markers_;
};

}  // namespace

Result<JpegMarkers> read_jpeg_markers(std::span<const std::byte> bytes) {
    return MarkerWalk(bytes).run();
}

}  // namespace darkroom::image
