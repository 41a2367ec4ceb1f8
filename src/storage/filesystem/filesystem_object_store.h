// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "storage/filesystem/descriptor.h"
#include "storage/filesystem/staging.h"
#include "storage/object_store.h"

namespace darkroom::storage {

struct FilesystemObjectStoreOptions {
    /// Use O_TMPFILE where the file system has it.
    bool allow_unnamed_files = true;
};

/// ObjectStore in a folder: the key is the path below it.
class FilesystemObjectStore final : public ObjectStore {
  public:
    /// Creates the folder when it is missing. Fails with permission_denied, insufficient_storage or
    /// unavailable, naming the folder.
    static Result<std::unique_ptr<FilesystemObjectStore>> open(
        const std::filesystem::path& folder, FilesystemObjectStoreOptions options = {});

    Result<void> put(const ObjectKey& key, std::span<const std::byte> bytes) override;
    Result<std::vector<std::byte>> get(const ObjectKey& key) override;
    Result<std::uint64_t> remove(const ObjectKey& prefix) override;
    Result<std::vector<ObjectEntry>> list(ObjectQuery query) override;

    [[nodiscard]] bool uses_unnamed_files() const { return staging_.uses_unnamed_files(); }

  private:
    FilesystemObjectStore(Descriptor root, Staging staging)
        : root_(std::move(root)), staging_(std::move(staging)) {}

    Result<std::uint64_t> remove_each(const std::vector<ObjectEntry>& entries);

    Descriptor root_;
    Staging staging_;
};

}  // namespace darkroom::storage
