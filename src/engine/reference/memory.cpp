// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "engine/reference/backend.h"

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
        static_cast<std::int64_t>(values.size()) == tensor.numel(),
        "{} values for {}",
        values.size(),
        to_string(tensor.shape()));
    std::ranges::copy(values, tensor.values<T>().begin());
    return tensor;
}

}  // namespace

std::unique_ptr<Backend> make_reference_backend() {
    return std::make_unique<ReferenceBackend>();
}

Tensor ReferenceBackend::empty(const Shape& shape, DType dtype) {
    return arena_.allocate(shape, dtype);
}

Tensor ReferenceBackend::borrow(
    const std::byte* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner) {
    const auto bytes = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
    // No operation writes to its inputs, so the memory stays as it is.
    auto* storage =
        new BorrowedStorage(*this, const_cast<std::byte*>(data), bytes, std::move(owner));
    return Tensor(storage->handle(), shape, dtype);
}

PackedLayout ReferenceBackend::layout_of(const LayerSpec& spec) const {
    if (const auto* conv = std::get_if<Conv2dSpec>(&spec)) {
        const std::int64_t count =
            conv->out_channels * conv->in_channels * conv->kernel * conv->kernel;
        return {.tag = "f32.oihw", .size_bytes = static_cast<std::size_t>(count) * sizeof(float)};
    }
    const auto& linear = std::get<LinearSpec>(spec);
    const std::int64_t count = linear.weight_rows() * linear.in_features;
    return {.tag = "f32.oi", .size_bytes = static_cast<std::size_t>(count) * sizeof(float)};
}

void ReferenceBackend::pack(
    const LayerSpec& spec, std::span<const float> weights, std::span<std::byte> packed) {
    const std::size_t expected = layout_of(spec).size_bytes;
    DARKROOM_CHECK(
        weights.size_bytes() == expected && packed.size() == expected,
        "packing {} bytes into {}, expected {}",
        weights.size_bytes(),
        packed.size(),
        expected);
    std::memcpy(packed.data(), weights.data(), expected);
}

Tensor ReferenceBackend::upload(std::span<const float> values, const Shape& shape) {
    return filled(empty(shape, DType::f32), values);
}

Tensor ReferenceBackend::upload(std::span<const std::int32_t> values, const Shape& shape) {
    return filled(empty(shape, DType::i32), values);
}

std::vector<float> ReferenceBackend::download(const Tensor& x) {
    const Tensor numbers = cast(x, DType::f32);
    const auto values = numbers.values<const float>();
    return {values.begin(), values.end()};
}

}  // namespace darkroom::engine
