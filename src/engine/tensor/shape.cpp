// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/shape.h"

#include "base/check.h"

namespace darkroom::engine {

Shape::Shape(std::initializer_list<std::int64_t> extents) {
    DARKROOM_CHECK(extents.size() <= kMaxRank, "rank {} is too high", extents.size());
    for (const std::int64_t extent : extents) {
        DARKROOM_CHECK(extent >= 0, "negative extent {}", extent);
        extents_[static_cast<std::size_t>(rank_++)] = extent;
    }
}

int Shape::index(int axis) const {
    const int index = axis < 0 ? axis + rank_ : axis;
    DARKROOM_CHECK(index >= 0 && index < rank_, "axis {} of a rank {} shape", axis, rank_);
    return index;
}

std::int64_t Shape::operator[](int axis) const {
    return extents_[static_cast<std::size_t>(index(axis))];
}

std::int64_t Shape::numel() const {
    std::int64_t count = 1;
    for (int i = 0; i < rank_; ++i)
        count *= extents_[static_cast<std::size_t>(i)];
    return count;
}

Shape Shape::with(int axis, std::int64_t extent) const {
    Shape changed = *this;
    changed.extents_[static_cast<std::size_t>(index(axis))] = extent;
    return changed;
}

std::string to_string(const Shape& shape) {
    std::string text;
    for (int i = 0; i < shape.rank(); ++i) {
        if (i > 0) text += 'x';
        text += std::to_string(shape[i]);
    }
    return text;
}

}  // namespace darkroom::engine
