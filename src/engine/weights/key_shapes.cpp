// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/key_shapes.h"

#include "base/format.h"

namespace darkroom::engine {
namespace {

constexpr std::int64_t kMaxExtent = std::int64_t{1} << 20;
constexpr std::int64_t kMaxCount = 1000;

}  // namespace

const KeyShapes::Shape* KeyShapes::find(std::string_view key) const {
    const auto found = shapes_.find(key);
    return found == shapes_.end() ? nullptr : &found->second;
}

Result<std::int64_t> KeyShapes::extent(
    std::string_view key, std::size_t rank, std::size_t axis) const {
    const Shape* shape = find(key);
    if (shape == nullptr) return Error{ErrorCode::corrupt_input, format("{} is missing", key)};
    if (shape->size() != rank) {
        return Error{ErrorCode::corrupt_input, format("{} does not have {} axes", key, rank)};
    }
    const std::int64_t extent = (*shape)[axis];
    if (extent < 1 || extent > kMaxExtent) {
        return Error{ErrorCode::corrupt_input, format("{} has an extent of {}", key, extent)};
    }
    return extent;
}

bool KeyShapes::has_prefix(std::string_view prefix) const {
    const auto found = shapes_.lower_bound(prefix);
    return found != shapes_.end() && found->first.starts_with(prefix);
}

std::int64_t KeyShapes::count(std::string_view prefix, std::string_view suffix) const {
    std::int64_t count = 0;
    while (count < kMaxCount && contains(format("{}{}{}", prefix, count, suffix)))
        ++count;
    return count;
}

}  // namespace darkroom::engine
