// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace darkroom::engine {

/// What packed weights belong to; another identity means another file.
struct PackedIdentity {
    /// SHA-256 of the checkpoint file.
    std::string checkpoint_sha256;
    /// Backend::fingerprint().
    std::string fingerprint;

    bool operator==(const PackedIdentity&) const = default;

    /// Name of the file in a cache folder.
    [[nodiscard]] std::string file_name() const;
};

/// The contents table of a file of packed weights (docs/formats/packed-weights.md).
struct PackedIndex {
    struct Entry {
        std::string tag;
        std::size_t size_bytes = 0;
        /// Of the payload, 64 hex digits.
        std::string sha256;
        /// From the beginning of the file, if that holds the payload.
        std::size_t offset_bytes = 0;
        /// Else the name of the file in the same folder that does.
        std::string owner = {};
    };

    PackedIdentity identity;
    std::map<std::string, Entry, std::less<>> entries;
};

std::string packed_index_json(const PackedIndex& index);

/// Fails with corrupt_input. Names of owners are plain file names then; offsets and sizes are not
/// held against any file.
Result<PackedIndex> parse_packed_index(std::string_view text);

}  // namespace darkroom::engine
