// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "storage/object_key.h"

namespace darkroom::storage {

struct ObjectEntry {
    ObjectKey key;
    std::uint64_t size_bytes = 0;
    /// Wall time of the put.
    std::int64_t modified_ms = 0;
};

/// Which objects to list.
struct ObjectQuery {
    static constexpr std::size_t kMostAtOnce = 10'000;

    /// At and below this key; all when absent.
    std::optional<ObjectKey> prefix = {};
    /// Only those behind this key: the last of the page before.
    std::optional<ObjectKey> after = {};
    /// 1 to kMostAtOnce.
    std::size_t limit = 1'000;
};

/// Fails with invalid_argument (field "limit").
Result<void> validate(const ObjectQuery& query);

// The answers that every store gives in the same words.
Error no_such_object(const ObjectKey& key);
Error object_too_large(const ObjectKey& key);
/// The key is a folder of another key, or goes through one that is an object.
Error key_clash(const ObjectKey& key);

/// Keeps pictures and other results. Safe to call from any thread; calls block on the disk or the
/// network, so keep them off the I/O threads.
class ObjectStore {
  public:
    static constexpr std::uint64_t kMaxObjectBytes = std::uint64_t{1} << 30;

    virtual ~ObjectStore() = default;

    /// Stores an object or replaces the one under this key; a reader sees the old one or the new
    /// one, and after success the object survives a power cut. Fails with payload_too_large,
    /// insufficient_storage (full disk), permission_denied (read-only), unavailable, or conflict
    /// when the key is a folder of another key or goes through one that is an object.
    virtual Result<void> put(const ObjectKey& key, std::span<const std::byte> bytes) = 0;

    /// Fails with not_found.
    virtual Result<std::vector<std::byte>> get(const ObjectKey& key) = 0;

    /// Removes the object under this key and every one below it, and says how many there were.
    /// Fails with permission_denied or unavailable.
    virtual Result<std::uint64_t> remove(const ObjectKey& prefix) = 0;

    /// A page of objects in the order of their keys; one that is not full is the last. Costs memory
    /// for the page, however many objects there are. What is put or removed meanwhile may be in it
    /// or not. Fails with invalid_argument, permission_denied or unavailable.
    virtual Result<std::vector<ObjectEntry>> list(ObjectQuery query) = 0;
};

}  // namespace darkroom::storage
