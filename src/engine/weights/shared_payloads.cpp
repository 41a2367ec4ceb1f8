// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/shared_payloads.h"

#include <system_error>
#include <utility>

namespace darkroom::engine {
namespace {

namespace fs = std::filesystem;

std::string name_of(const PackedStore::Entry& entry) {
    return entry.tag + " " + entry.sha256;
}

}  // namespace

SharedPayloads SharedPayloads::in_folder(const fs::path& folder, const PackedIdentity& identity) {
    SharedPayloads payloads;
    std::size_t stores = 0;
    std::error_code error;
    for (fs::directory_iterator file(folder, error), end;
         !error && file != end && stores < kMostStores;
         file.increment(error)) {
        if (file->path().extension() != ".packed") continue;
        auto store = PackedStore::open_own(file->path());
        if (!store || (*store)->identity().fingerprint != identity.fingerprint) continue;
        if ((*store)->identity() == identity) continue;
        payloads.add(*std::move(store));
        ++stores;
    }
    return payloads;
}

void SharedPayloads::add(std::shared_ptr<const PackedStore> store) {
    for (const auto& [key, entry] : store->entries()) {
        PackedStore::Entry there = entry;
        there.owner = store;
        payloads_.emplace(name_of(there), std::move(there));
    }
}

bool SharedPayloads::find(PackedStore::Entry& entry) const {
    const auto found = payloads_.find(name_of(entry));
    if (found == payloads_.end() || found->second.size_bytes != entry.size_bytes) return false;
    entry = found->second;
    return true;
}

}  // namespace darkroom::engine
