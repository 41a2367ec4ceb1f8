// SPDX-License-Identifier: Apache-2.0
#include "agent/postprocessing.h"

#include <algorithm>

#include "api/infotext.h"
#include "image/decode.h"
#include "image/exif.h"
#include "image/upscale.h"

namespace darkroom::agent {
namespace {

constexpr const char* kPostprocessingKeyword = "postprocessing";

image::Filter filter_of(const std::string& upscaler) {
    return upscaler == "Nearest" ? image::Filter::nearest : image::Filter::lanczos;
}

Result<image::Image> enlarged(const image::Image& picture, const domain::Extras& extras) {
    if (extras.upscaler == domain::kNoUpscaler) return picture;
    const domain::PictureSize size{
        static_cast<std::int64_t>(picture.width), static_cast<std::int64_t>(picture.height)};
    DARKROOM_TRY(domain::check_upscaled_sizes(extras, {size}));
    const domain::PictureSize wanted = domain::upscaled_size(extras, size);
    const image::UpscaleTarget target{
        domain::upscale_factor(extras, size),
        static_cast<std::size_t>(wanted.width),
        static_cast<std::size_t>(wanted.height)};
    const auto with = [&](const std::string& upscaler) {
        image::Image result = image::upscale(picture, target, filter_of(upscaler));
        if (!extras.to_size || !extras.crop) return result;
        return image::centred_on_black(
            result,
            static_cast<std::size_t>(extras.width),
            static_cast<std::size_t>(extras.height));
    };
    image::Image result = with(extras.upscaler);
    const bool has_second =
        extras.second_upscaler != domain::kNoUpscaler && extras.second_visibility > 0.0;
    if (!has_second) return result;
    return image::blend(result, with(extras.second_upscaler), extras.second_visibility);
}

/// Keywords that PNG does not allow are left out.
bool is_keyword(const std::string& keyword) {
    return !keyword.empty() && keyword.size() <= 79 &&
           std::ranges::all_of(keyword, [](char c) { return c >= ' ' && c <= '~'; });
}

std::vector<image::TextChunk> texts_of(
    const image::DecodedImage& input, const std::string& description) {
    std::vector<image::TextChunk> texts;
    const auto comment = image::exif_user_comment(input.exif);
    if (comment) texts.push_back({api::kInfotextKeyword, *comment});
    for (const image::TextChunk& text : input.texts) {
        const bool is_replaced = text.keyword == api::kReceiptKeyword ||
                                 text.keyword == kPostprocessingKeyword ||
                                 (comment && text.keyword == api::kInfotextKeyword);
        if (!is_replaced && is_keyword(text.keyword)) texts.push_back(text);
    }
    texts.push_back({kPostprocessingKeyword, description});
    return texts;
}

}  // namespace

Result<std::vector<std::byte>> postprocess(
    std::span<const std::byte> file, const domain::Extras& extras) {
    DARKROOM_TRY_ASSIGN(const image::DecodedImage input, image::decode_with_texts(file));
    DARKROOM_TRY_ASSIGN(const image::Image picture, enlarged(input.image, extras));
    return image::encode_png(picture, texts_of(input, extras.description));
}

}  // namespace darkroom::agent
