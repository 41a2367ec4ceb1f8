// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/filesystem/descriptor.h"

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

}  // namespace darkroom::storage
