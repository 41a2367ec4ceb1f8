// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "storage/object_store.h"

namespace darkroom::control {

/// The pictures that came with a request, one file after the other.
struct TaskInputs {
    std::vector<std::uint64_t> sizes;
    std::vector<std::byte> bytes;
};

/// Reads the objects of these keys; blocks. Fails as ObjectStore::get, or with payload_too_large
/// when a frame of the agent protocol cannot hold them.
Result<TaskInputs> read_inputs(storage::ObjectStore& objects, const std::vector<std::string>& keys);

}  // namespace darkroom::control
