// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"

/// Pictures that come with requests. Everything here blocks: keep it off the I/O threads.
namespace darkroom::gateway {

/// An image field of a request: what it is called there, and what was sent.
struct SentImage {
    std::string_view field;
    std::string_view text;
};

/// The file that was sent, or the object of that key. Fails with invalid_argument and the field
/// for what is neither, a key that is not `tenant`'s included; or as ObjectStore::get.
Result<std::vector<std::byte>> read_image_file(
    storage::ObjectStore& objects, const std::string& tenant, const SentImage& sent);

/// What decoding an image of a stranger failed with, as the refusal of its field: a file that is
/// broken or too large is invalid_argument there.
Error refused_image(const Error& error, std::string_view field);

}  // namespace darkroom::gateway
