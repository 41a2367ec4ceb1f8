// SPDX-License-Identifier: Apache-2.0
#include "gateway/task_inputs.h"

#include "api/generation_limits.h"
#include "base/format.h"
#include "gateway/request_images.h"
#include "image/decode.h"
#include "telemetry/log.h"

namespace darkroom::gateway {
namespace {

constexpr std::string_view kPictureField = "init_images";
constexpr std::string_view kMaskField = "mask";

/// No attempt has this number.
std::string folder_of(const domain::NewTask& task) {
    return format("{}/{}/0", task.tenant, task.id.text());
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
    Budget budget;

    /// The pixels of the picture.
    Result<std::size_t> put(const std::string& name, const SentImage& sent) {
        DARKROOM_TRY_ASSIGN(
            const std::vector<std::byte> file, read_image_file(objects, tenant, sent));
        image::DecodeOptions options;
        options.limits.max_pixels = static_cast<std::size_t>(api::kMaxPixels);
        options.limits.max_side = static_cast<std::size_t>(api::kMaxSide);
        const auto picture = image::decode(file, options);
        if (!picture) return refused_image(picture.error(), sent.field);
        const std::size_t pixels = picture->width * picture->height;
        DARKROOM_TRY(budget.take(file.size(), pixels, sent.field));
        DARKROOM_TRY_ASSIGN(const storage::ObjectKey key, storage::ObjectKey::parse(name));
        DARKROOM_TRY(objects.put(key, file));
        return pixels;
    }
};

/// A picture of which only a part is drawn is answered in its own size.
Result<void> check_answered_pixels(std::size_t pixels, const domain::Generation& generation) {
    const auto count = static_cast<std::size_t>(generation.batch_size * generation.iterations);
    if (pixels * count <= static_cast<std::size_t>(api::kMaxTotalPixels)) return {};
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
            const std::size_t pixels,
            storing.put(init.pictures[i], {kPictureField, inputs.pictures[i]}));
        DARKROOM_TRY(check_answered_pixels(pixels, generation));
    }
    if (inputs.mask.empty()) return {};
    const auto stored = storing.put(init.mask, {kMaskField, inputs.mask});
    if (!stored) return stored.error();
    return {};
}

}  // namespace

void name_inputs(
    domain::InitImages& init, const domain::NewTask& task, const api::InputTexts& inputs) {
    const std::string folder = folder_of(task);
    init.pictures.clear();
    for (std::size_t i = 1; i <= inputs.pictures.size(); ++i)
        init.pictures.push_back(format("{}/input-{}", folder, i));
    init.mask = inputs.mask.empty() ? "" : folder + "/mask";
}

Result<void> store_inputs(
    storage::ObjectStore& objects,
    const domain::NewTask& task,
    const domain::Generation& generation,
    const api::InputTexts& inputs) {
    Storing storing{objects, task.tenant, {}};
    Result<void> stored = store_all(storing, generation, inputs);
    if (!stored) remove_inputs(objects, task);
    return stored;
}

void remove_inputs(storage::ObjectStore& objects, const domain::NewTask& task) {
    const auto folder = storage::ObjectKey::parse(folder_of(task));
    if (!folder) return;
    const Result<std::uint64_t> removed = objects.remove(*folder);
    if (!removed) log::warning("inputs cannot be removed", {{"reason", removed.error().message}});
}

}  // namespace darkroom::gateway
