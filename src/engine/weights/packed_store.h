// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/weights/packed_index.h"

namespace darkroom::engine {

class SharedPayloads;

/// The packed weights of one checkpoint for one backend, in one memory region: an anonymous one, or
/// a file that is published by rename and later only mapped. A payload that another store of the
/// folder holds already is not stored again, but mapped out of that one's file. The format is that
/// of docs/formats/packed-weights.md.
///
/// Entries are immutable once sealed; readers may hold pointers as long as they hold the store.
class PackedStore {
  public:
    struct Entry {
        std::string tag;
        /// In the file that holds the payload.
        std::size_t offset_bytes = 0;
        std::size_t size_bytes = 0;
        /// Of the payload; empty before seal() and share_last().
        std::string sha256 = {};
        /// The store that holds the payload; none is this one.
        std::shared_ptr<const PackedStore> owner = {};
    };

    using Entries = std::map<std::string, Entry, std::less<>>;

    /// An empty store of room for `payload_bytes` of payloads with `entries` entries. With a path
    /// the disk space is reserved at once; fails with resource_exhausted or permission_denied.
    static Result<std::shared_ptr<PackedStore>> create(
        const PackedIdentity& identity,
        std::size_t capacity_bytes,
        const std::optional<std::filesystem::path>& path);

    /// Maps a published store and those that hold payloads of its. Fails with not_found, or with
    /// corrupt_input when a file is damaged, is gone, or belongs to another identity. The payloads
    /// are not read; see verify().
    static Result<std::shared_ptr<PackedStore>> open(
        const std::filesystem::path& path, const PackedIdentity& identity);

    /// The same for whatever identity the file has: to look at it, not to draw with it.
    static Result<std::shared_ptr<PackedStore>> open_any(const std::filesystem::path& path);

    /// The same without the entries whose payloads other stores hold.
    static Result<std::shared_ptr<PackedStore>> open_own(const std::filesystem::path& path);

    /// Room that `payload_bytes` in `entries` payloads need at most.
    static std::size_t capacity_for(std::size_t payload_bytes, std::size_t entries);

    ~PackedStore();
    PackedStore(const PackedStore&) = delete;
    PackedStore& operator=(const PackedStore&) = delete;

    [[nodiscard]] const PackedIdentity& identity() const { return identity_; }
    [[nodiscard]] const Entries& entries() const { return entries_; }
    [[nodiscard]] const Entry* find(std::string_view key) const;
    [[nodiscard]] const std::byte* data(const Entry& entry) const {
        return (entry.owner ? entry.owner->memory_ : memory_) + entry.offset_bytes;
    }

    /// Room for a new entry, to be written by the caller before seal().
    std::span<std::byte> append(const std::string& key, std::string tag, std::size_t size_bytes);

    /// Once the entry that was appended last has been written: gives its room back if `payloads`
    /// have the same.
    void share_last(const std::string& key, const SharedPayloads& payloads);

    /// Computes missing checksums and, for a store with a path, writes the index and publishes the
    /// file.
    Result<void> seal();

    /// Has the system read every payload into memory, those of other stores too; does not wait for
    /// it.
    void read_ahead() const;

    /// Reads every payload and compares checksums. Fails with corrupt_input, naming the key.
    [[nodiscard]] Result<void> verify() const;

  private:
    PackedStore() = default;
    struct Mapped {
        std::shared_ptr<PackedStore> store;
        PackedIndex index;
    };
    /// Without what other stores hold.
    static Result<Mapped> map(const std::filesystem::path& path);
    Result<PackedIndex> read_index();
    Result<void> take_shared(const PackedIndex& index);
    [[nodiscard]] std::string digest_of(const Entry& entry) const;
    Result<void> publish(const std::string& index);

    PackedIdentity identity_;
    std::optional<std::filesystem::path> path_;
    std::filesystem::path temporary_;
    int descriptor_ = -1;
    std::byte* memory_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t used_ = 0;
    Entries entries_;
};

}  // namespace darkroom::engine
