// SPDX-License-Identifier: Apache-2.0
#include "image/jpeg.h"

#include <turbojpeg.h>

#include <memory>
#include <string_view>

#include "base/encoding.h"
#include "base/format.h"
#include "image/jpeg_markers.h"

namespace darkroom::image {
namespace {

struct DestroyHandle {
    void operator()(void* handle) const { tjDestroy(handle); }
};
using Handle = std::unique_ptr<void, DestroyHandle>;

Error decoding_error(std::string_view reason) {
    return Error{ErrorCode::corrupt_input, format("cannot read the JPEG: {}", reason)};
}

const unsigned char* as_unsigned(std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// RGB of CMYK whose samples are inverted: 255 is no ink.
Image from_inverted_cmyk(const Image& cmyk) {
    Image rgb{.width = cmyk.width, .height = cmyk.height, .channels = 3};
    rgb.pixels.resize(cmyk.width * cmyk.height * 3);
    const std::uint8_t* from = cmyk.pixels.data();
    for (std::size_t i = 0; i < rgb.pixels.size(); i += 3, from += 4) {
        for (std::size_t c = 0; c < 3; ++c) {
            const unsigned raised = (255U - from[c]) * from[3] + 128U;
            const unsigned ink = ((raised >> 8) + raised) >> 8;
            rgb.pixels[i + c] = static_cast<std::uint8_t>(from[3] - ink);
        }
    }
    return rgb;
}

Result<Image> read_pixels(std::span<const std::byte> bytes, const DecodeLimits& limits) {
    const Handle handle(tjInitDecompress());
    if (handle == nullptr) return Error{ErrorCode::resource_exhausted, "no memory for a JPEG"};
    int width = 0;
    int height = 0;
    int sampling = 0;
    int colours = 0;
    const auto size = static_cast<unsigned long>(bytes.size());
    if (tjDecompressHeader3(
            handle.get(), as_unsigned(bytes), size, &width, &height, &sampling, &colours) != 0) {
        return decoding_error(tjGetErrorStr2(handle.get()));
    }
    Image image{
        .width = static_cast<std::size_t>(width), .height = static_cast<std::size_t>(height)};
    DARKROOM_TRY(check_size(image.width, image.height, limits));
    const bool cmyk = colours == TJCS_CMYK || colours == TJCS_YCCK;
    image.channels = cmyk ? 4 : 3;
    image.pixels.resize(image.width * image.height * image.channels);
    const int failed = tjDecompress2(
        handle.get(),
        as_unsigned(bytes),
        size,
        image.pixels.data(),
        width,
        0,
        height,
        cmyk ? TJPF_CMYK : TJPF_RGB,
        TJFLAG_LIMITSCANS);
    if (failed != 0 && tjGetErrorCode(handle.get()) != TJERR_WARNING) {
        return decoding_error(tjGetErrorStr2(handle.get()));
    }
    return cmyk ? from_inverted_cmyk(image) : std::move(image);
}

}  // namespace

Result<DecodedJpeg> decode_jpeg(std::span<const std::byte> bytes, const DecodeLimits& limits) {
    DARKROOM_TRY_ASSIGN(const JpegMarkers markers, read_jpeg_markers(bytes));
    DARKROOM_TRY(check_size(markers.width, markers.height, limits));
    if (markers.scans > limits.max_scans ||
        markers.scans > limits.max_scanned_pixels / (markers.width * markers.height)) {
        return Error{
            ErrorCode::payload_too_large,
            format(
                "JPEG has too many scans for its size: {} for {}x{}",
                markers.scans,
                markers.width,
                markers.height)};
    }
    if (markers.exif.size() > limits.max_metadata_bytes) {
        return Error{ErrorCode::payload_too_large, "JPEG has too much metadata"};
    }
    DecodedJpeg decoded;
    DARKROOM_TRY_ASSIGN(decoded.image, read_pixels(bytes.first(markers.length), limits));
    decoded.comment = repair_utf8(
        {reinterpret_cast<const char*>(markers.comment.data()), markers.comment.size()});
    decoded.exif.assign(markers.exif.begin(), markers.exif.end());
    return decoded;
}

}  // namespace darkroom::image
