// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

/// Somebody else's memory; goes away with its last tensor.
class BorrowedStorage final : public StorageOwner {
  public:
    BorrowedStorage(
        Backend& backend, std::byte* data, std::size_t bytes, std::shared_ptr<const void> owner)
        : storage_(backend, *this, data, bytes), owner_(std::move(owner)) {}

    StorageRef handle() { return StorageRef(&storage_); }
    void recycle(Storage*) override { delete this; }

  private:
    Storage storage_;
    std::shared_ptr<const void> owner_;
};

template <class T>
Tensor filled(Tensor tensor, std::span<const T> values) {
    DARKROOM_CHECK(
        std::ssize(values) == tensor.numel(),
        "{} values for {}",
        values.size(),
        to_string(tensor.shape()));
    std::ranges::copy(values, tensor.values<T>().begin());
    return tensor;
}

}  // namespace

Tensor CpuBackend::empty(const Shape& shape, DType dtype) {
    return state_->arena.allocate(shape, dtype);
}

Tensor CpuBackend::borrow(
    const std::byte* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner) {
    const auto bytes = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
    // No operation writes to its inputs, so the memory stays as it is.
    auto* storage =
        new BorrowedStorage(*this, const_cast<std::byte*>(data), bytes, std::move(owner));
    return Tensor(storage->handle(), shape, dtype);
}

void CpuBackend::trim() {
    state_->arena.trim();
}

std::size_t CpuBackend::peak_activation_bytes() const {
    return state_->arena.peak_bytes();
}

Tensor CpuBackend::upload(std::span<const float> values, const Shape& shape) {
    return filled(empty(shape, DType::f32), values);
}

Tensor CpuBackend::upload(std::span<const std::int32_t> values, const Shape& shape) {
    return filled(empty(shape, DType::i32), values);
}

std::vector<float> CpuBackend::download(const Tensor& x) {
    const Tensor numbers = cast(x, DType::f32);
    const auto values = numbers.values<const float>();
    return {values.begin(), values.end()};
}

}  // namespace darkroom::engine
