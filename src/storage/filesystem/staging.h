// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "storage/filesystem/descriptor.h"

namespace darkroom::storage {

/// Writes files that appear under their name whole or not at all. What is not published yet is a
/// file without a name (O_TMPFILE), or, on file systems that have none, one in a folder of its own.
class Staging {
  public:
    /// Name of that folder below the root: no key can be spelled so.
    static constexpr const char* kFolder = "TMP";

    struct Options {
        bool allow_unnamed_files = true;
    };

    /// Creates the folder, removes what crashed writers left there a day ago or earlier, and tries
    /// out whether the file system can give a name to an unnamed file.
    static Result<Staging> open(const Descriptor& root, Options options);

    /// Publishes `bytes` as folder/name, replacing a file of that name; content and name are on
    /// the disk when this returns. Fails with conflict when the name is a folder that has something
    /// in it, not_found when `folder` was removed meanwhile, or with the code of the system call.
    Result<void> publish(
        const Descriptor& folder, const std::string& name, std::span<const std::byte> bytes) const;

    [[nodiscard]] bool uses_unnamed_files() const { return uses_unnamed_files_; }

  private:
    Staging(Descriptor folder, bool uses_unnamed_files)
        : folder_(std::move(folder)), uses_unnamed_files_(uses_unnamed_files) {}

    Result<void> publish_unnamed(
        const Descriptor& folder, const std::string& name, std::span<const std::byte> bytes) const;
    Result<void> publish_named(
        const Descriptor& folder, const std::string& name, std::span<const std::byte> bytes) const;
    /// Renames a staged file to its place.
    Result<void> move_out(
        const std::string& staged, const Descriptor& folder, const std::string& name) const;

    Descriptor folder_;
    bool uses_unnamed_files_;
};

}  // namespace darkroom::storage
