// SPDX-License-Identifier: Apache-2.0
#include "gateway/task_inputs.h"

#include "api/generation_limits.h"
#include "base/format.h"
#include "gateway/request_images.h"
#include "image/decode.h"
#include "telemetry/log.h"

namespace darkroom::gateway {
namespace {

/// No attempt has this number.
std::string folder_of(const domain::NewTask& task) {
    return format("{}/{}/0", task.tenant, task.id.text());
}

std::vector<std::string> picture_keys(const domain::NewTask& task, std::size_t pictures) {
    std::vector<std::string> keys;
    for (std::size_t i = 1; i <= pictures; ++i)
        keys.push_back(format("{}/input-{}", folder_of(task), i));
    return keys;
}

/// What one request may bring along, all pictures together.
class Budget {
  public:
    Result<void> take(std::size_t bytes, std::size_t pixels, std::string_view field) {
        bytes_ += bytes;
        pixels_ += pixels;
        if (bytes_ <= static_cast<std::size_t>(api::kMaxInputBytes) &&
            pixels_ <= static_cast<std::size_t>(api::kMaxInputPixels)) {
            return {};
        }
        return Error{
            ErrorCode::invalid_argument,
            format(
                "the pictures of a request have together at most {} pixels and {} bytes",
                api::kMaxInputPixels,
                api::kMaxInputBytes),
            std::string(field)};
    }

  private:
    std::size_t bytes_ = 0;
    std::size_t pixels_ = 0;
};

/// Stores the pictures one by one.
struct Storing {
    storage::ObjectStore& objects;
    const std::string& tenant;
    image::DecodeLimits limits;
    Budget budget = {};

    /// An empty name: the picture is only judged.
    Result<domain::PictureSize> put(const std::string& name, const SentImage& sent) {
        DARKROOM_TRY_ASSIGN(
            const std::vector<std::byte> file, read_image_file(objects, tenant, sent));
        const auto picture = image::decode(file, {limits, {}});
        if (!picture) return refused_image(picture.error(), sent.field);
        DARKROOM_TRY(budget.take(file.size(), picture->width * picture->height, sent.field));
        const domain::PictureSize size{
            static_cast<std::int64_t>(picture->width), static_cast<std::int64_t>(picture->height)};
        if (name.empty()) return size;
        DARKROOM_TRY_ASSIGN(const storage::ObjectKey key, storage::ObjectKey::parse(name));
        DARKROOM_TRY(objects.put(key, file));
        return size;
    }
};

/// Of a picture to start from.
image::DecodeLimits limits_of_init() {
    image::DecodeLimits limits;
    limits.max_pixels = static_cast<std::size_t>(api::kMaxPixels);
    limits.max_side = static_cast<std::size_t>(api::kMaxSide);
    return limits;
}

/// A picture of which only a part is drawn is answered in its own size.
Result<void> check_answered_pixels(
    const domain::PictureSize& size, const domain::Generation& generation) {
    const std::int64_t count = generation.batch_size * generation.iterations;
    if (size.width * size.height * count <= api::kMaxTotalPixels) return {};
    return Error{
        ErrorCode::invalid_argument,
        format("ensure that all pictures together have at most {} pixels", api::kMaxTotalPixels),
        std::string(kPictureField)};
}

Result<void> store_all(
    Storing& storing, const domain::Generation& generation, const api::InputTexts& inputs) {
    const domain::InitImages& init = *generation.init;
    for (std::size_t i = 0; i < inputs.pictures.size(); ++i) {
        DARKROOM_TRY_ASSIGN(
            const domain::PictureSize size,
            storing.put(init.pictures[i], {kPictureField, inputs.pictures[i]}));
        DARKROOM_TRY(check_answered_pixels(size, generation));
    }
    if (inputs.mask.empty()) return {};
    const auto stored = storing.put(init.mask, {kMaskField, inputs.mask});
    if (!stored) return stored.error();
    return {};
}

Result<std::int64_t> store_all(Storing& storing, const api::ExtrasRequest& request) {
    std::vector<domain::PictureSize> sizes;
    for (std::size_t i = 0; i < request.images.size(); ++i) {
        const auto& names = request.extras.images;
        const std::string name = names.empty() ? std::string() : names[i];
        DARKROOM_TRY_ASSIGN(
            const domain::PictureSize size,
            storing.put(name, {request.image_field, request.images[i]}));
        sizes.push_back(size);
    }
    DARKROOM_TRY(domain::check_upscaled_sizes(request.extras, sizes));
    std::int64_t pixels = 0;
    for (const domain::PictureSize& size : sizes) {
        const bool is_kept = request.extras.upscaler == domain::kNoUpscaler;
        const auto result = is_kept ? size : domain::upscaled_size(request.extras, size);
        pixels += result.width * result.height;
    }
    return pixels;
}

}  // namespace

void name_inputs(
    domain::InitImages& init, const domain::NewTask& task, const api::InputTexts& inputs) {
    init.pictures = picture_keys(task, inputs.pictures.size());
    init.mask = inputs.mask.empty() ? "" : folder_of(task) + "/mask";
}

void name_inputs(domain::Extras& extras, const domain::NewTask& task, std::size_t pictures) {
    extras.images = picture_keys(task, pictures);
}

Result<void> store_inputs(
    storage::ObjectStore& objects,
    const domain::NewTask& task,
    const domain::Generation& generation,
    const api::InputTexts& inputs) {
    Storing storing{objects, task.tenant, limits_of_init()};
    Result<void> stored = store_all(storing, generation, inputs);
    if (!stored) remove_inputs(objects, task);
    return stored;
}

Result<std::int64_t> store_inputs(
    storage::ObjectStore& objects, const domain::NewTask& task, const api::ExtrasRequest& request) {
    Storing storing{objects, task.tenant, {}};
    Result<std::int64_t> pixels = store_all(storing, request);
    if (!pixels) remove_inputs(objects, task);
    return pixels;
}

Result<std::int64_t> judge_inputs(
    storage::ObjectStore& objects, const std::string& tenant, const api::ExtrasRequest& request) {
    Storing judging{objects, tenant, {}};
    return store_all(judging, request);
}

void remove_inputs(storage::ObjectStore& objects, const domain::NewTask& task) {
    const auto folder = storage::ObjectKey::parse(folder_of(task));
    if (!folder) return;
    const Result<std::uint64_t> removed = objects.remove(*folder);
    if (removed) return;
    log::warning(
        "inputs cannot be removed",
        {{"task", task.id.text()},
         {"trace", trace_id_of(task.trace)},
         {"reason", removed.error().message}});
}

}  // namespace darkroom::gateway
