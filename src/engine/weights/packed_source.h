// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/weights/packed_store.h"
#include "engine/weights/safetensors.h"
#include "engine/weights/weight_source.h"

namespace darkroom::engine {

/// Finds the stored tensor that holds a parameter; nullptr when the file has none.
using TensorLookup = std::function<const StoredTensor*(const std::string& key)>;

/// The checkpoint that is packed.
struct PackingInput {
    const CheckpointFile& checkpoint;
    TensorLookup lookup;
    /// SHA-256 of the file.
    std::string sha256;
};

struct PackingOptions {
    /// Folder of the cache; absent keeps the packed weights in memory only.
    std::optional<std::filesystem::path> cache_folder;
    /// Parameters packed so far and in all.
    std::function<void(std::size_t done, std::size_t total)> on_progress;
};

/// Gives a network its parameters out of a PackedStore, which is filled from the checkpoint first
/// where needed: one pass, tensor by tensor, the source's pages given back as it goes.
class PackedWeightSource final : public WeightSource {
  public:
    PackedWeightSource(Backend& backend, std::shared_ptr<const PackedStore> store)
        : backend_(backend), store_(std::move(store)) {}

    PackedWeights matrix(
        const std::string& key, const LayerSpec& spec, const Shape& stored_shape) override;
    Tensor vector(const std::string& key, std::int64_t length) override;
    Tensor table(const std::string& key, std::int64_t rows, std::int64_t columns) override;

  private:
    const PackedStore::Entry& entry(const std::string& key) const;

    Backend& backend_;
    std::shared_ptr<const PackedStore> store_;
};

/// Has the system read what loading a checkpoint will read into memory, without waiting for all of
/// it: its packed weights, or the checkpoint while they are not in `cache_folder`. What is not
/// there is passed over.
void prefetch_weights(
    const std::filesystem::path& checkpoint,
    const PackedIdentity& identity,
    const std::optional<std::filesystem::path>& cache_folder);

/// The packed weights for `parameters`: mapped from the cache folder when a valid store for this
/// identity is there, packed from the checkpoint otherwise (and published to the folder if it can
/// be written; a full or read-only disk only costs the cache). Fails with corrupt_input when a
/// parameter is missing, has another shape, or holds NaN or infinity.
Result<std::shared_ptr<const PackedStore>> packed_weights(
    Backend& backend,
    const PackingInput& input,
    const std::vector<KeyRecorder::Parameter>& parameters,
    const PackingOptions& options);

}  // namespace darkroom::engine
