// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
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
};

/// The packed weights of one checkpoint for one backend, in one memory region: an anonymous one, or
/// a file that is published by rename and later only mapped. Layout of the file:
///
///   64 bytes   "DRKPACK1", u64 offset and u64 length of the index, u32 CRC-32 of the index, zeros
///   payloads   each 64-byte aligned
///   index      JSON {checkpoint_sha256, fingerprint, entries: {key: [tag, offset, length, crc32]}}
///
/// Entries are immutable once sealed; readers may hold pointers as long as they hold the store.
class PackedStore {
  public:
    struct Entry {
        std::string tag;
        std::size_t offset_bytes = 0;
        std::size_t size_bytes = 0;
        std::uint32_t crc32 = 0;
    };

    /// An empty store of room for `payload_bytes` of payloads with `entries` entries. With a path
    /// the disk space is reserved at once; fails with resource_exhausted or permission_denied.
    static Result<std::shared_ptr<PackedStore>> create(
        const PackedIdentity& identity,
        std::size_t capacity_bytes,
        const std::optional<std::filesystem::path>& path);

    /// Maps a published store. Fails with not_found, or with corrupt_input when the file is damaged
    /// or belongs to another identity. The payloads are not read; see verify().
    static Result<std::shared_ptr<PackedStore>> open(
        const std::filesystem::path& path, const PackedIdentity& identity);

    /// The same for whatever identity the file has: to look at it, not to draw with it.
    static Result<std::shared_ptr<PackedStore>> open_any(const std::filesystem::path& path);

    /// Room that `payload_bytes` in `entries` payloads need at most.
    static std::size_t capacity_for(std::size_t payload_bytes, std::size_t entries);

    ~PackedStore();
    PackedStore(const PackedStore&) = delete;
    PackedStore& operator=(const PackedStore&) = delete;

    [[nodiscard]] const PackedIdentity& identity() const { return identity_; }
    /// Number of entries.
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] const Entry* find(std::string_view key) const;
    [[nodiscard]] const std::byte* data(const Entry& entry) const {
        return memory_ + entry.offset_bytes;
    }

    /// Room for a new entry, to be written by the caller before seal().
    std::span<std::byte> append(const std::string& key, std::string tag, std::size_t size_bytes);

    /// Computes checksums and, for a store with a path, writes the index and publishes the file.
    Result<void> seal();

    /// Reads every payload and compares checksums. Fails with corrupt_input, naming the key.
    [[nodiscard]] Result<void> verify() const;

    /// Payload bytes.
    [[nodiscard]] std::size_t size_bytes() const { return used_; }

  private:
    PackedStore() = default;
    Result<void> parse_index();
    Result<void> publish(const std::string& index);

    PackedIdentity identity_;
    std::optional<std::filesystem::path> path_;
    std::filesystem::path temporary_;
    int descriptor_ = -1;
    std::byte* memory_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
    std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace darkroom::engine
