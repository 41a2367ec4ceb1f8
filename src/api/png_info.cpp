// SPDX-License-Identifier: Apache-2.0
#include "api/png_info.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "api/infotext.h"
#include "api/infotext_parser.h"
#include "api/request_fields.h"

namespace darkroom::api {
namespace {

constexpr std::string_view kComment = "comment";

/// What A1111 does not show among the items.
constexpr std::array<std::string_view, 16> kIgnored = {
    kInfotextKeyword,
    "jfif",
    "jfif_version",
    "jfif_unit",
    "jfif_density",
    "dpi",
    "exif",
    "loop",
    "background",
    "timestamp",
    "duration",
    "progressive",
    "progression",
    "icc_profile",
    "chromaticity",
    "photoshop"};

std::string text_called(const PictureTexts& picture, std::string_view keyword) {
    // The last one counts, as in a dictionary that was filled in order.
    const auto found =
        std::find_if(picture.texts.rbegin(), picture.texts.rend(), [keyword](const auto& text) {
            return text.first == keyword;
        });
    return found == picture.texts.rend() ? std::string() : found->second;
}

}  // namespace

Outcome<std::string> parse_png_info(std::string_view body) {
    static const std::vector<RequestField> kFields = {{"image", FieldKind::text, {}, false}};
    DARKROOM_TRY_ASSIGN(const json::Object object, parse_body(body));
    if (object.find("image") == nullptr) {
        return validation_refusal({{{"body", "image"}, "field required", "value_error.missing"}});
    }
    DARKROOM_TRY_ASSIGN(const json::Object fields, read_fields(kFields, object));
    return fields.find("image")->as_string();
}

std::string infotext_of(const PictureTexts& picture) {
    if (picture.user_comment) return *picture.user_comment;
    std::string comment = picture.has_exif ? std::string() : text_called(picture, kComment);
    return comment.empty() ? text_called(picture, kInfotextKeyword) : comment;
}

json::Object png_info_body(const PictureTexts& picture) {
    json::Object items;
    for (const auto& [keyword, text] : picture.texts) {
        if (std::ranges::find(kIgnored, keyword) == kIgnored.end()) items.set(keyword, text);
    }
    std::string info = infotext_of(picture);
    json::Object parameters = infotext_parameters(parse_infotext(info));
    return json::Object{
        {"info", std::move(info)},
        {"items", std::move(items)},
        {"parameters", std::move(parameters)}};
}

}  // namespace darkroom::api
