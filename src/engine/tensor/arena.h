// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "engine/tensor/free_ranges.h"
#include "engine/tensor/reservation.h"
#include "engine/tensor/storage.h"
#include "engine/tensor/tensor.h"

namespace darkroom::engine {

/// Host memory for activations: one run of addresses in which tensors lie as close to the start as
/// they fit. What was used stays with the process until trim(), so that from the second step on
/// nothing is allocated. Used by one thread at a time.
class Arena final : public StorageOwner {
  public:
    explicit Arena(Backend& backend);
    /// Every tensor must be gone by now.
    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    /// An uninitialised tensor, 64-byte aligned. Throws std::bad_alloc.
    Tensor allocate(const Shape& shape, DType dtype);

    /// Gives all unused memory back to the system.
    void trim();

    /// Bytes held from the system now (at most), and the most ever held.
    [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }
    [[nodiscard]] std::size_t peak_bytes() const { return peak_bytes_; }

    void recycle(Storage* storage) override;

  private:
    Backend& backend_;
    Reservation memory_;
    FreeRanges ranges_;
    std::deque<Storage> storages_;
    std::vector<Storage*> spare_;
    std::size_t held_bytes_ = 0;
    std::size_t peak_bytes_ = 0;
};

}  // namespace darkroom::engine
