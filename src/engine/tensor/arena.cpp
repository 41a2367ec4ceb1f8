// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/arena.h"

#include <algorithm>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace darkroom::engine {
namespace {

/// Nothing smaller, so that small tensors leave few odd gaps, and neighbours share no cache line.
constexpr std::size_t kGranule = 4096;

std::size_t rounded_up(std::size_t bytes) {
    return std::max((bytes + kGranule - 1) / kGranule * kGranule, kGranule);
}

/// Lets AddressSanitizer report any use of these bytes.
void forbid([[maybe_unused]] const std::byte* data, [[maybe_unused]] std::size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
    ASAN_POISON_MEMORY_REGION(data, bytes);
#endif
}

void permit([[maybe_unused]] const std::byte* data, [[maybe_unused]] std::size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
    ASAN_UNPOISON_MEMORY_REGION(data, bytes);
#endif
}

}  // namespace

Arena::Arena(Backend& backend) : backend_(backend) {}

Arena::~Arena() {
    permit(memory_.data(), peak_bytes_);
}

Tensor Arena::allocate(const Shape& shape, DType dtype) {
    const std::size_t wanted = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
    const std::size_t bytes = rounded_up(wanted);
    if (spare_.empty()) {
        spare_.push_back(&storages_.emplace_back(backend_, *this, nullptr, 0));
        spare_.reserve(storages_.size());
    }
    const std::size_t begin = ranges_.take(bytes);
    if (ranges_.end() > held_bytes_) {
        try {
            memory_.commit(ranges_.end());
        } catch (...) {
            ranges_.give_back(begin, bytes);
            throw;
        }
        held_bytes_ = ranges_.end();
        peak_bytes_ = std::max(peak_bytes_, held_bytes_);
    }
    Storage* storage = spare_.back();
    spare_.pop_back();
    storage->rebind(memory_.data() + begin, bytes);
    permit(storage->data(), wanted);
    return Tensor(StorageRef(storage), shape, dtype);
}

void Arena::recycle(Storage* storage) {
    forbid(storage->data(), storage->capacity_bytes());
    const auto begin = static_cast<std::size_t>(storage->data() - memory_.data());
    ranges_.give_back(begin, storage->capacity_bytes());
    spare_.push_back(storage);
}

void Arena::trim() {
    for (const FreeRanges::Range& gap : ranges_.gaps())
        memory_.discard(gap.begin, gap.end);
    memory_.discard(ranges_.end(), held_bytes_);
    held_bytes_ = ranges_.end();
}

}  // namespace darkroom::engine
