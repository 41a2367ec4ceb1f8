// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "base/clock.h"
#include "base/guarded.h"
#include "storage/object_store.h"

namespace darkroom::storage {

/// ObjectStore for tests.
class InMemoryObjectStore final : public ObjectStore {
  public:
    /// `clock` must outlive the store.
    explicit InMemoryObjectStore(Clock& clock) : clock_(clock) {}

    Result<void> put(const ObjectKey& key, std::span<const std::byte> bytes) override;
    Result<std::vector<std::byte>> get(const ObjectKey& key) override;
    Result<std::uint64_t> remove(const ObjectKey& prefix) override;
    Result<std::vector<ObjectEntry>> list(ObjectQuery query) override;

  private:
    struct Object {
        std::vector<std::byte> bytes;
        std::int64_t modified_ms = 0;
    };

    Clock& clock_;
    Guarded<std::map<ObjectKey, Object>> objects_;
};

}  // namespace darkroom::storage
