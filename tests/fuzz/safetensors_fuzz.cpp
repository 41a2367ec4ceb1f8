// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/check.h"
#include "engine/weights/safetensors.h"

namespace {

using namespace darkroom;
using namespace darkroom::engine;

/// A file is its length, its header and its tensors, which neither overlap nor leave gaps.
void check_table(const TensorTable& table, std::span<const std::byte> file) {
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
    std::vector<StoredTensor> tensors;
    for (const auto& [name, tensor] : table.tensors) {
        for (const std::int64_t extent : tensor.shape)
            DARKROOM_CHECK(extent >= 0, "an extent is a count");
        DARKROOM_CHECK(
            tensor.offset_bytes <= file.size() &&
                tensor.size_bytes <= file.size() - tensor.offset_bytes,
            "a tensor lies inside the file");
        DARKROOM_CHECK(
            static_cast<std::size_t>(tensor.numel()) * size_of(tensor.type) == tensor.size_bytes,
            "shape and bytes agree");
        tensors.push_back(tensor);
    }
    std::ranges::sort(tensors, [](const StoredTensor& a, const StoredTensor& b) {
        return a.offset_bytes != b.offset_bytes ? a.offset_bytes < b.offset_bytes
                                                : a.size_bytes < b.size_bytes;
    });
    std::size_t end = sizeof header_bytes + header_bytes;
    for (const StoredTensor& tensor : tensors) {
        DARKROOM_CHECK(tensor.offset_bytes == end, "a tensor begins where the last one ended");
        end += tensor.size_bytes;
    }
    DARKROOM_CHECK(end == file.size(), "the last tensor ends with the file");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // An own copy of exactly this size, so that the sanitizer sees the first byte past its end.
    const std::vector<std::byte> file(
        reinterpret_cast<const std::byte*>(data), reinterpret_cast<const std::byte*>(data) + size);
    const auto table = parse_safetensors(file);
    if (table) {
        check_table(*table, file);
    } else {
        DARKROOM_CHECK(
            table.error().code == ErrorCode::corrupt_input, "a refusal is corrupt_input");
    }
    return 0;
}
