// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace darkroom::engine {

/// A long run of addresses, of which only what was committed can be used, and only what was written
/// takes memory.
class Reservation {
  public:
    /// Throws std::bad_alloc when the process may not even have addresses.
    Reservation();
    ~Reservation();
    Reservation(const Reservation&) = delete;
    Reservation& operator=(const Reservation&) = delete;

    /// 4096-byte aligned.
    [[nodiscard]] std::byte* data() const { return data_; }

    /// Makes the first `size` bytes usable. Throws std::bad_alloc.
    void commit(std::size_t size);
    /// Gives the memory of whole pages within [begin, end) back to the system; they read as zero.
    void discard(std::size_t begin, std::size_t end);

  private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t committed_ = 0;
};

}  // namespace darkroom::engine
