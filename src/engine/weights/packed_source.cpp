// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/packed_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/format.h"
#include "engine/weights/shared_payloads.h"

namespace darkroom::engine {
namespace {

constexpr std::string_view kVectorTag = "f32";

struct Recipe {
    std::string tag;
    std::size_t size_bytes = 0;
};

Recipe recipe_for(const Backend& backend, const KeyRecorder::Parameter& parameter) {
    const auto count = static_cast<std::size_t>(parameter.shape.numel());
    switch (parameter.kind) {
        case KeyRecorder::Kind::matrix: {
            PackedLayout layout = backend.layout_of(parameter.spec);
            return {std::move(layout.tag), layout.size_bytes};
        }
        case KeyRecorder::Kind::vector:
            return {std::string(kVectorTag), count * sizeof(float)};
        case KeyRecorder::Kind::table: {
            const DType dtype = backend.compute_dtype();
            return {std::string(to_string(dtype)), count * size_of(dtype)};
        }
    }
    return {};
}

Result<void> check_stored(const StoredTensor* stored, const KeyRecorder::Parameter& parameter) {
    if (stored == nullptr) {
        return Error{ErrorCode::corrupt_input, format("{} is missing", parameter.key)};
    }
    if (!is_floating(stored->type)) {
        return Error{
            ErrorCode::corrupt_input,
            format(
                "{} holds {} numbers, expected floating point",
                parameter.key,
                to_string(stored->type))};
    }
    bool same = static_cast<int>(stored->shape.size()) == parameter.shape.rank();
    for (int i = 0; same && i < parameter.shape.rank(); ++i) {
        same = stored->shape[static_cast<std::size_t>(i)] == parameter.shape[i];
    }
    if (same) return {};
    return Error{
        ErrorCode::corrupt_input,
        format("{} does not have the shape {}", parameter.key, to_string(parameter.shape))};
}

void store_plain(std::span<const float> numbers, DType dtype, std::span<std::byte> out) {
    if (dtype == DType::f32) {
        std::memcpy(out.data(), numbers.data(), numbers.size_bytes());
        return;
    }
    auto* values = reinterpret_cast<BFloat16*>(out.data());
    std::ranges::transform(numbers, values, to_bf16);
}

Result<void> pack_all(
    Backend& backend,
    const PackingInput& input,
    const std::vector<KeyRecorder::Parameter>& parameters,
    const PackingOptions& options,
    PackedStore& store) {
    SharedPayloads shared;
    if (options.cache_folder) {
        shared = SharedPayloads::in_folder(*options.cache_folder, store.identity());
    }
    std::vector<float> numbers;
    std::size_t done = 0;
    for (const KeyRecorder::Parameter& parameter : parameters) {
        const StoredTensor* stored = input.lookup(parameter.key);
        DARKROOM_TRY(check_stored(stored, parameter));
        numbers.resize(static_cast<std::size_t>(parameter.shape.numel()));
        input.checkpoint.read_f32(*stored, 0, numbers);
        input.checkpoint.release(*stored);
        if (!std::ranges::all_of(numbers, [](float v) { return std::isfinite(v); })) {
            return Error{
                ErrorCode::corrupt_input,
                format("{} holds NaN or infinity; the checkpoint is damaged", parameter.key)};
        }
        Recipe recipe = recipe_for(backend, parameter);
        const auto out = store.append(parameter.key, std::move(recipe.tag), recipe.size_bytes);
        if (parameter.kind == KeyRecorder::Kind::matrix) {
            backend.pack(parameter.spec, numbers, out);
        } else {
            const bool table = parameter.kind == KeyRecorder::Kind::table;
            store_plain(numbers, table ? backend.compute_dtype() : DType::f32, out);
        }
        if (options.cache_folder) store.share_last(parameter.key, shared);
        if (options.on_progress) options.on_progress(++done, parameters.size());
    }
    return {};
}

bool holds_all(
    const PackedStore& store,
    const Backend& backend,
    const std::vector<KeyRecorder::Parameter>& parameters) {
    return std::ranges::all_of(parameters, [&](const KeyRecorder::Parameter& parameter) {
        const PackedStore::Entry* entry = store.find(parameter.key);
        const Recipe recipe = recipe_for(backend, parameter);
        return entry != nullptr && entry->tag == recipe.tag &&
               entry->size_bytes == recipe.size_bytes;
    });
}

}  // namespace

const PackedStore::Entry& PackedWeightSource::entry(const std::string& key) const {
    const PackedStore::Entry* found = store_->find(key);
    DARKROOM_CHECK(found != nullptr, "{} was not packed", key);
    return *found;
}

PackedWeights PackedWeightSource::matrix(
    const std::string& key, const LayerSpec& spec, const Shape& /*stored_shape*/) {
    const PackedStore::Entry& found = entry(key);
    return PackedWeights{
        spec, PackedLayout{found.tag, found.size_bytes}, store_->data(found), store_};
}

Tensor PackedWeightSource::vector(const std::string& key, std::int64_t length) {
    return backend_.borrow(store_->data(entry(key)), Shape{length}, DType::f32, store_);
}

Tensor PackedWeightSource::table(const std::string& key, std::int64_t rows, std::int64_t columns) {
    return backend_.borrow(
        store_->data(entry(key)), Shape{rows, columns}, backend_.compute_dtype(), store_);
}

void prefetch_weights(
    const std::filesystem::path& checkpoint,
    const PackedIdentity& identity,
    const std::optional<std::filesystem::path>& cache_folder) {
    if (cache_folder) {
        const auto store = PackedStore::open(*cache_folder / identity.file_name(), identity);
        if (store) {
            (*store)->read_ahead();
            return;
        }
    }
    const int file = ::open(checkpoint.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    (void)::posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED);
    ::close(file);
}

Result<std::shared_ptr<const PackedStore>> packed_weights(
    Backend& backend,
    const PackingInput& input,
    const std::vector<KeyRecorder::Parameter>& parameters,
    const PackingOptions& options) {
    const PackedIdentity identity{input.sha256, backend.fingerprint()};
    std::optional<std::filesystem::path> path;
    if (options.cache_folder) path = *options.cache_folder / identity.file_name();
    if (path) {
        const auto cached = PackedStore::open(*path, identity);
        if (cached && holds_all(**cached, backend, parameters)) {
            return std::shared_ptr<const PackedStore>(*cached);
        }
    }

    std::size_t bytes = 0;
    for (const auto& parameter : parameters)
        bytes += recipe_for(backend, parameter).size_bytes;
    const std::size_t capacity = PackedStore::capacity_for(bytes, parameters.size());
    auto store = PackedStore::create(identity, capacity, path);
    if (!store && path) store = PackedStore::create(identity, capacity, std::nullopt);
    if (!store) return store.error();
    const Result<void> packed = pack_all(backend, input, parameters, options, **store);
    if (!packed) return packed.error().with_context(input.checkpoint.path().string());
    // A cache that cannot be published costs only the next start.
    (void)(*store)->seal().has_value();
    return std::shared_ptr<const PackedStore>(*std::move(store));
}

}  // namespace darkroom::engine
