// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/tensor/dtype.h"
#include "engine/tensor/shape.h"
#include "engine/tensor/storage.h"

namespace darkroom::engine {

class Backend;

/// A value handle to dense row-major numbers in a backend's memory. Copies share the numbers;
/// an operation never changes its inputs. A default-constructed tensor is absent.
///
/// Feature maps are NHWC, tokens [samples, rows, channels].
class Tensor {
  public:
    Tensor() = default;
    Tensor(StorageRef storage, Shape shape, DType dtype, std::size_t offset_bytes = 0);

    explicit operator bool() const { return static_cast<bool>(storage_); }

    [[nodiscard]] const Shape& shape() const { return shape_; }
    [[nodiscard]] DType dtype() const { return dtype_; }
    [[nodiscard]] std::int64_t numel() const { return shape_.numel(); }
    [[nodiscard]] std::size_t size_bytes() const {
        return static_cast<std::size_t>(numel()) * size_of(dtype_);
    }
    /// The backend whose memory this is; operations run there.
    [[nodiscard]] Backend& backend() const;

    /// The same numbers under another shape with as many elements.
    [[nodiscard]] Tensor reshape(const Shape& shape) const;
    /// Rows [begin, end) along the first axis, sharing the numbers.
    [[nodiscard]] Tensor rows(std::int64_t begin, std::int64_t end) const;

    /// Raw bytes. Host memory for the CPU backends.
    [[nodiscard]] std::byte* data() const;

    /// The elements as T; throws when T's size is not the dtype's.
    template <class T>
    [[nodiscard]] std::span<T> values() const {
        require_element_size(sizeof(T));
        return {reinterpret_cast<T*>(data()), static_cast<std::size_t>(numel())};
    }

  private:
    void require_element_size(std::size_t size) const;

    StorageRef storage_;
    std::size_t offset_bytes_ = 0;
    Shape shape_;
    DType dtype_ = DType::f32;
};

}  // namespace darkroom::engine
