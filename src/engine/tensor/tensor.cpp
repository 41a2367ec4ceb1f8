// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/tensor.h"

#include <utility>

#include "base/check.h"

namespace darkroom::engine {

Tensor::Tensor(StorageRef storage, Shape shape, DType dtype, std::size_t offset_bytes)
    : storage_(std::move(storage)), offset_bytes_(offset_bytes), shape_(shape), dtype_(dtype) {
    DARKROOM_CHECK(
        offset_bytes_ + size_bytes() <= storage_->capacity_bytes(),
        "{} {} does not fit {} bytes",
        to_string(dtype),
        to_string(shape),
        storage_->capacity_bytes());
}

Backend& Tensor::backend() const {
    DARKROOM_CHECK(static_cast<bool>(storage_), "an absent tensor has no backend");
    return storage_->backend();
}

Tensor Tensor::reshape(const Shape& shape) const {
    DARKROOM_CHECK(
        shape.numel() == numel(), "{} cannot become {}", to_string(shape_), to_string(shape));
    return Tensor(storage_, shape, dtype_, offset_bytes_);
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
    DARKROOM_CHECK(
        0 <= begin && begin <= end && end <= shape_[0],
        "rows {}..{} of {}",
        begin,
        end,
        to_string(shape_));
    const std::size_t row_bytes =
        shape_[0] == 0 ? 0 : size_bytes() / static_cast<std::size_t>(shape_[0]);
    return Tensor(
        storage_,
        shape_.with(0, end - begin),
        dtype_,
        offset_bytes_ + static_cast<std::size_t>(begin) * row_bytes);
}

std::byte* Tensor::data() const {
    DARKROOM_CHECK(static_cast<bool>(storage_), "an absent tensor has no numbers");
    return storage_->data() + offset_bytes_;
}

void Tensor::require_element_size(std::size_t size) const {
    DARKROOM_CHECK(
        size == size_of(dtype_), "{} elements read as {} bytes each", to_string(dtype_), size);
}

}  // namespace darkroom::engine
