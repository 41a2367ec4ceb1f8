// SPDX-License-Identifier: Apache-2.0
#include "agent/init_pictures.h"

#include <array>
#include <optional>
#include <utility>

#include "agent/rendering.h"
#include "base/check.h"
#include "image/blur.h"
#include "image/colour.h"
#include "image/decode.h"
#include "image/inpaint/fit.h"
#include "image/inpaint/mask.h"
#include "image/inpaint/surroundings.h"

namespace darkroom::agent {
namespace {

using Files = std::vector<std::span<const std::byte>>;
using image::Image;

/// A1111's option img2img_background_color.
constexpr image::Rgb kBackground{255, 255, 255};
constexpr std::size_t kFactor = 8;
constexpr std::int64_t kOriginal = 1;

/// What a mask does to every picture of a request.
struct PreparedMask {
    /// Of the size that is drawn.
    Image working;
    /// Of the size of the pictures that are answered.
    Image covering;
    /// The part that is drawn, when it is not the whole picture.
    std::optional<image::Box> region;
};

image::ResizeMode resize_mode(const domain::InitImages& init) {
    constexpr std::array kModes = {
        image::ResizeMode::stretch, image::ResizeMode::crop, image::ResizeMode::fill};
    const auto index = static_cast<std::size_t>(init.resize_mode);
    DARKROOM_CHECK(index < kModes.size(), "resize mode {}", init.resize_mode);
    return kModes[index];
}

engine::MaskedContent masked_content(const domain::InitImages& init) {
    if (init.masked_content == 2) return engine::MaskedContent::latent_noise;
    if (init.masked_content == 3) return engine::MaskedContent::latent_nothing;
    return engine::MaskedContent::original;
}

Image blurred(Image mask, const domain::InitImages& init) {
    return image::gaussian_blur(
        mask, {static_cast<int>(init.mask_blur_x), static_cast<int>(init.mask_blur_y)});
}

/// Nothing when only a masked part is to be drawn and there is none: A1111 goes on without mask.
Result<std::optional<PreparedMask>> prepare_mask(
    std::span<const std::byte> file, const domain::InitImages& init, image::Size size) {
    DARKROOM_TRY_ASSIGN(const Image picture, image::decode(file));
    Image mask = image::mask_from(picture, init.is_mask_rounded);
    if (init.is_mask_inverted) mask = image::inverted(std::move(mask));
    mask = blurred(std::move(mask), init);
    PreparedMask prepared;
    if (!init.is_only_masked) {
        DARKROOM_TRY_ASSIGN(prepared.working, image::fit(mask, size, resize_mode(init)));
        prepared.covering = image::doubled(prepared.working);
        return std::optional(std::move(prepared));
    }
    const std::optional<image::Box> box =
        image::repainted_box(mask, static_cast<std::size_t>(init.masked_padding));
    if (!box) return std::optional<PreparedMask>();
    prepared.region = image::grown_to_proportions(*box, size, {mask.width, mask.height});
    DARKROOM_TRY_ASSIGN(
        prepared.working,
        image::fit(image::crop(mask, *prepared.region), size, image::ResizeMode::fill));
    prepared.covering = std::move(mask);
    return std::optional(std::move(prepared));
}

/// Prepares the pictures one by one.
class Preparation {
  public:
    Preparation(const domain::InitImages& init, image::Size size, Drawing& drawing)
        : init_(init), size_(size), drawing_(drawing) {
        engine::InitPictures start;
        start.strength = init.denoising_strength;
        start.noise_multiplier = static_cast<float>(init.noise_multiplier);
        start.masked_content = masked_content(init);
        drawing_.request.init = std::move(start);
    }

    Result<void> take_mask(std::span<const std::byte> file) {
        DARKROOM_TRY_ASSIGN(mask_, prepare_mask(file, init_, size_));
        if (!mask_) return {};
        drawing_.request.init->mask = image::latent_weights(
            mask_->working, {size_.width / kFactor, size_.height / kFactor}, init_.is_mask_rounded);
        return {};
    }

    Result<void> take_picture(std::span<const std::byte> file) {
        DARKROOM_TRY_ASSIGN(
            Image picture, image::decode(file, {.limits = {}, .background = kBackground}));
        const bool has_region = mask_ && mask_->region;
        if (!has_region) {
            DARKROOM_TRY_ASSIGN(picture, image::fit(picture, size_, resize_mode(init_)));
        }
        if (mask_) {
            DARKROOM_TRY(cover(picture));
        }
        if (has_region) {
            const Image part = image::crop(picture, *mask_->region);
            DARKROOM_TRY_ASSIGN(picture, image::fit(part, size_, image::ResizeMode::fill));
        }
        if (mask_ && init_.masked_content != kOriginal) {
            picture = image::filled_from_surroundings(picture, mask_->working);
        }
        drawing_.request.init->pictures.push_back(std::move(picture));
        return {};
    }

  private:
    /// Like A1111, a mask that was once fitted to a picture stays so for the next ones.
    Result<void> cover(const Image& picture) {
        Image& mask = mask_->covering;
        if (mask.width != picture.width || mask.height != picture.height) {
            const image::Size wanted{picture.width, picture.height};
            DARKROOM_TRY_ASSIGN(mask, image::fit(mask, wanted, resize_mode(init_)));
        }
        drawing_.overlays.emplace_back(picture, mask, mask_->region);
        return {};
    }

    const domain::InitImages& init_;
    image::Size size_;
    Drawing& drawing_;
    std::optional<PreparedMask> mask_;
};

}  // namespace

Result<Drawing> drawing_of(const domain::Generation& generation, const Files& inputs) {
    DARKROOM_TRY_ASSIGN(engine::ImageRequest request, image_request(generation));
    Drawing drawing{.request = std::move(request)};
    if (!generation.init) return drawing;
    const domain::InitImages& init = *generation.init;
    const std::size_t masks = init.mask.empty() ? 0 : 1;
    if (inputs.empty() || inputs.size() != init.pictures.size() + masks) {
        return Error{
            ErrorCode::invalid_argument, "the pictures to start from are missing", "init_images"};
    }
    const image::Size size{
        static_cast<std::size_t>(generation.width), static_cast<std::size_t>(generation.height)};
    Preparation preparation(init, size, drawing);
    if (masks > 0) {
        DARKROOM_TRY(preparation.take_mask(inputs.back()));
    }
    for (std::size_t i = 0; i < init.pictures.size(); ++i) {
        DARKROOM_TRY(preparation.take_picture(inputs[i]));
    }
    return drawing;
}

Result<std::vector<Image>> lay_over(
    const std::vector<image::Overlay>& overlays, std::vector<Image> pictures) {
    if (overlays.empty()) return pictures;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        DARKROOM_TRY_ASSIGN(pictures[i], overlays[i % overlays.size()].apply(pictures[i]));
    }
    return pictures;
}

}  // namespace darkroom::agent
