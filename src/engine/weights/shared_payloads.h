// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "engine/weights/packed_store.h"

namespace darkroom::engine {

/// Payloads that packed weights hold already, by their content: text encoder and VAE are the same
/// in many checkpoints.
class SharedPayloads {
  public:
    /// Stores that are looked at; the others of a folder share nothing.
    static constexpr std::size_t kMostStores = 256;

    /// Of the stores in `folder` for the same backend and other checkpoints; damaged files are
    /// passed over.
    static SharedPayloads in_folder(
        const std::filesystem::path& folder, const PackedIdentity& identity);

    /// Those that `store` holds itself.
    void add(std::shared_ptr<const PackedStore> store);

    /// Whether there is a payload with the tag, size and checksum of `entry`, which then lies
    /// there.
    bool find(PackedStore::Entry& entry) const;

  private:
    /// By tag and checksum.
    std::map<std::string, PackedStore::Entry> payloads_;
};

}  // namespace darkroom::engine
