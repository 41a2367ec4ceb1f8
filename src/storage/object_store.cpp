// SPDX-License-Identifier: Apache-2.0
#include "storage/object_store.h"

#include "base/format.h"

namespace darkroom::storage {

Result<void> validate(const ObjectQuery& query) {
    if (query.limit >= 1 && query.limit <= ObjectQuery::kMostAtOnce) return {};
    return Error{
        ErrorCode::invalid_argument,
        format("from 1 to {} objects are listed at once: {}", query.kMostAtOnce, query.limit),
        "limit"};
}

Error no_such_object(const ObjectKey& key) {
    return Error{ErrorCode::not_found, format("no such object: {}", key.text()), "key"};
}

Error object_too_large(const ObjectKey& key) {
    return Error{
        ErrorCode::payload_too_large,
        format("an object has at most {} bytes: {}", ObjectStore::kMaxObjectBytes, key.text()),
        "key"};
}

Error key_clash(const ObjectKey& key) {
    return Error{
        ErrorCode::conflict,
        format("the key names both a folder and an object: {}", key.text()),
        "key"};
}

}  // namespace darkroom::storage
