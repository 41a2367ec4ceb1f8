// SPDX-License-Identifier: Apache-2.0
#include "start_pictures.h"

#include <span>
#include <utility>

#include "api/generation_limits.h"
#include "base/file.h"
#include "base/format.h"
#include "image/decode.h"

namespace darkroom::app {
namespace {

constexpr std::int64_t kMultiple = 8;

struct PictureFile {
    std::string bytes;
    PictureSize size;
};

Result<PictureFile> read_picture(const char* flag, const std::filesystem::path& path) {
    auto bytes = read_file(path, static_cast<std::size_t>(api::kMaxInputBytes));
    if (!bytes) return bytes.error().with_context(flag);
    image::DecodeLimits limits;
    limits.max_pixels = static_cast<std::size_t>(api::kMaxPixels);
    const auto picture = image::decode(std::as_bytes(std::span(*bytes)), {limits, {}});
    if (!picture) return picture.error().with_context(format("{} {}", flag, path.string()));
    PictureFile file{*std::move(bytes), {}};
    file.size.width = static_cast<std::int64_t>(picture->width) / kMultiple * kMultiple;
    file.size.height = static_cast<std::int64_t>(picture->height) / kMultiple * kMultiple;
    return file;
}

Result<void> check_flags(const GenerateOptions& options) {
    const char* flag = nullptr;
    if (!options.mask.empty()) flag = "--mask";
    if (options.strength) flag = "--strength";
    if (options.init.empty() && flag != nullptr) {
        return Error{ErrorCode::invalid_argument, format("{} needs a picture: --init", flag)};
    }
    if (options.strength && !(*options.strength >= 0.0 && *options.strength <= 1.0)) {
        return Error{
            ErrorCode::invalid_argument,
            format("--strength must be 0 to 1, not {}", *options.strength)};
    }
    return {};
}

}  // namespace

Result<std::optional<StartPictures>> read_start_pictures(const GenerateOptions& options) {
    DARKROOM_TRY(check_flags(options));
    if (options.init.empty()) return std::optional<StartPictures>();
    StartPictures start;
    DARKROOM_TRY_ASSIGN(PictureFile picture, read_picture("--init", options.init));
    start.picture = std::move(picture.bytes);
    start.size = picture.size;
    if (!options.mask.empty()) {
        DARKROOM_TRY_ASSIGN(PictureFile mask, read_picture("--mask", options.mask));
        start.mask = std::move(mask.bytes);
    }
    if (options.strength) start.strength = *options.strength;
    return std::optional(std::move(start));
}

domain::InitImages init_images_of(const StartPictures& start) {
    domain::InitImages init;
    init.pictures = {"init"};
    if (!start.mask.empty()) init.mask = "mask";
    init.denoising_strength = start.strength;
    return init;
}

}  // namespace darkroom::app
