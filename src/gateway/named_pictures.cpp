// SPDX-License-Identifier: Apache-2.0
#include "gateway/named_pictures.h"

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include "api/image_field.h"
#include "base/encoding.h"
#include "control/upload_folder.h"

namespace darkroom::gateway {
namespace {

/// Blocks on the disk.
Result<bool> read_uploads(
    Parts& parts, const std::string& tenant, const std::vector<ImageText>& texts) {
    for (const ImageText& sent : texts) {
        const auto id = api::image_upload(*sent.text);
        if (!id) continue;
        const auto file = parts.uploads.read_picture({tenant, std::string(*id)});
        if (!file) {
            Error refused = file.error();
            refused.code = ErrorCode::invalid_argument;
            refused.field = sent.field;
            return refused.with_context("Invalid encoded image");
        }
        *sent.text = base64_encode(std::as_bytes(std::span(*file)));
    }
    return true;
}

}  // namespace

runtime::Task<void> bring_pictures(Parts& parts, std::string tenant, std::vector<ImageText> texts) {
    const bool names_uploads = std::ranges::any_of(
        texts, [](const ImageText& sent) { return api::image_upload(*sent.text).has_value(); });
    if (names_uploads) {
        std::function<Result<bool>()> work = [&parts, tenant, texts] {
            return read_uploads(parts, tenant, texts);
        };
        const Result<bool> read =
            co_await parts.blocking.run<bool>(std::move(work), runtime::Deadline::never());
        if (!read) co_return read.error();
    }
    const Result<void> fetched =
        co_await parts.image_fetcher.fetch(std::move(tenant), std::move(texts));
    co_return fetched;
}

}  // namespace darkroom::gateway
