// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/in_memory_object_store.h"

namespace darkroom::storage {

Result<void> InMemoryObjectStore::put(const ObjectKey& key, std::span<const std::byte> bytes) {
    if (bytes.size() > kMaxObjectBytes) return object_too_large(key);
    const auto objects = objects_.lock();
    for (const auto& [other, object] : *objects) {
        if (other != key && (other.contains(key) || key.contains(other))) return key_clash(key);
    }
    objects->insert_or_assign(key, Object{{bytes.begin(), bytes.end()}, clock_.wall_ms()});
    return {};
}

Result<std::vector<std::byte>> InMemoryObjectStore::get(const ObjectKey& key) {
    const auto objects = objects_.lock();
    const auto found = objects->find(key);
    if (found == objects->end()) return no_such_object(key);
    return found->second.bytes;
}

Result<std::uint64_t> InMemoryObjectStore::remove(const ObjectKey& prefix) {
    return std::erase_if(
        *objects_.lock(), [&](const auto& entry) { return prefix.contains(entry.first); });
}

Result<std::vector<ObjectEntry>> InMemoryObjectStore::list(ObjectQuery query) {
    DARKROOM_TRY(validate(query));
    std::vector<ObjectEntry> entries;
    const auto objects = objects_.lock();
    auto next = query.after ? objects->upper_bound(*query.after) : objects->begin();
    for (; next != objects->end() && entries.size() < query.limit; ++next) {
        const auto& [key, object] = *next;
        if (query.prefix && !query.prefix->contains(key)) continue;
        entries.push_back(ObjectEntry{key, object.bytes.size(), object.modified_ms});
    }
    return entries;
}

}  // namespace darkroom::storage
