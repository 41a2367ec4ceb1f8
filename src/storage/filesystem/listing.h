// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "storage/filesystem/descriptor.h"
#include "storage/object_store.h"

namespace darkroom::storage {

/// Collects one page of the objects below open folders in the order of their keys. Holds names for
/// about a page of each folder on its way down; a larger folder is read several times.
class Listing {
  public:
    /// Takes keys behind `after`, which may be empty, until there are `limit`.
    Listing(std::string after, std::size_t limit) : after_(std::move(after)), limit_(limit) {}

    /// Adds what is in and below a folder. `prefix` is its key with a final '/', or empty for the
    /// root. What has no valid key is skipped.
    Result<void> add_folder(const Descriptor& folder, const std::string& prefix);

    /// Adds the object `key`, or what is below the folder `key`, that lies in the open folder
    /// `parent`; nothing when there is neither.
    Result<void> add(const Descriptor& parent, const ObjectKey& key);

    [[nodiscard]] std::vector<ObjectEntry> take() && { return std::move(entries_); }

  private:
    struct Names;

    [[nodiscard]] bool is_full() const { return entries_.size() >= limit_; }
    [[nodiscard]] bool is_wanted(const std::string& key) const;
    Result<Names> names_in(
        const Descriptor& folder, const std::string& prefix, const std::string& last) const;

    std::string after_;
    std::size_t limit_;
    std::vector<ObjectEntry> entries_;
};

}  // namespace darkroom::storage
