// SPDX-License-Identifier: Apache-2.0
#include "api/png_info.h"

#include "gateway/caller.h"
#include "gateway/named_pictures.h"
#include "gateway/request_images.h"
#include "gateway/routes.h"
#include "image/decode.h"
#include "image/exif.h"

namespace darkroom::gateway {
namespace {

constexpr std::string_view kField = "image";

Result<api::PictureTexts> read_texts(std::span<const std::byte> file) {
    auto decoded = image::decode_with_texts(file);
    if (!decoded) return refused_image(decoded.error(), kField);
    api::PictureTexts picture;
    for (image::TextChunk& text : decoded->texts)
        picture.texts.emplace_back(std::move(text.keyword), std::move(text.text));
    picture.has_exif = !decoded->exif.empty();
    picture.user_comment = image::exif_user_comment(decoded->exif);
    return picture;
}

}  // namespace

boost::asio::awaitable<http::Response> png_info(Parts& parts, http::Request request) {
    auto sent = api::parse_png_info(request.body);
    if (!sent) co_return respond(sent.error());
    const std::string tenant = caller_of(request).tenant;
    std::vector<ImageText> texts = {{kField, &*sent}};
    const Result<void> fetched = co_await bring_pictures(parts, tenant, std::move(texts));
    if (!fetched) co_return respond(api::refusal_from(fetched.error()));
    std::function<Result<json::Object>()> work =
        [&parts, text = *std::move(sent), tenant]() -> Result<json::Object> {
        const SentImage sent_image{kField, text};
        DARKROOM_TRY_ASSIGN(const auto file, read_image_file(parts.objects, tenant, sent_image));
        DARKROOM_TRY_ASSIGN(const api::PictureTexts picture, read_texts(file));
        return api::png_info_body(picture);
    };
    Result<json::Object> body =
        co_await parts.blocking.run<json::Object>(std::move(work), runtime::Deadline::never());
    if (!body) co_return respond(api::refusal_from(body.error()));
    co_return respond(json::Value(*std::move(body)));
}

}  // namespace darkroom::gateway
