// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>

namespace darkroom {

/// Memory on the stack for the std::pmr containers of one call, so that short lists cost no
/// allocation; what does not fit comes from the heap. Containers should reserve what they will
/// hold, since what they outgrow is not reused.
template <std::size_t kBytes>
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): what containers take they initialise
class LocalMemory {
  public:
    std::pmr::memory_resource* resource() { return &resource_; }

  private:
    alignas(std::max_align_t) std::array<std::byte, kBytes> bytes_;
    std::pmr::monotonic_buffer_resource resource_{bytes_.data(), bytes_.size()};
};

}  // namespace darkroom
