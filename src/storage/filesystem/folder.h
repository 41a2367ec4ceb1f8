// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/filesystem/descriptor.h"
#include "storage/object_store.h"

/// Folders reached segment by segment from an open root, never through a symbolic link, so that
/// nothing in the tree can lead out of it.
namespace darkroom::storage {

enum class MissingFolders { fail, create };

/// Opens root/segments[0]/segments[1]/... A folder that is created is on the disk when this
/// returns. Fails with not_found, with conflict when a segment is not a folder, or with the code of
/// the system call.
Result<Descriptor> open_folder(
    const Descriptor& root, std::span<const std::string> segments, MissingFolders missing);

/// Fsyncs a folder, so that the names in it survive a power cut.
Result<void> sync_folder(const Descriptor& folder);

/// Appends the object `key`, or every object below the folder `key`, that lies in the open folder
/// `parent`; nothing when there is neither.
Result<void> list_object_or_folder(
    const Descriptor& parent, const ObjectKey& key, std::vector<ObjectEntry>& entries);

/// Appends every object in and below an open folder. `prefix` is the folder's key with a final
/// '/', or empty for the root. What has no valid key is skipped.
Result<void> list_folder(
    const Descriptor& folder, const std::string& prefix, std::vector<ObjectEntry>& entries);

}  // namespace darkroom::storage
