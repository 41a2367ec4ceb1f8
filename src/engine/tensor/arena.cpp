// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/arena.h"

#include <sys/mman.h>

#include <new>

#include "base/check.h"

namespace darkroom::engine {
namespace {

/// Blocks are rounded up so that nearly equal sizes share them.
constexpr std::size_t kGranule = 64 * 1024;
/// Small tensors share size classes of this step instead.
constexpr std::size_t kSmall = 4096;

std::size_t rounded(std::size_t bytes) {
    const std::size_t step = bytes <= kGranule ? kSmall : kGranule;
    return std::max((bytes + step - 1) / step * step, kSmall);
}

}  // namespace

struct Arena::Block {
    Block(Backend& backend, StorageOwner& owner, std::size_t size)
        : bytes(size), memory(map(size)), storage(backend, owner, memory, size) {}
    ~Block() { ::munmap(memory, bytes); }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

    static std::byte* map(std::size_t size) {
        void* data =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (data == MAP_FAILED) throw std::bad_alloc();
        return static_cast<std::byte*>(data);
    }

    std::size_t bytes;
    std::byte* memory;
    Storage storage;
};

Arena::Arena(Backend& backend) : backend_(backend) {}

Arena::~Arena() = default;

Tensor Arena::allocate(const Shape& shape, DType dtype) {
    const std::size_t bytes = rounded(static_cast<std::size_t>(shape.numel()) * size_of(dtype));
    // A block may be up to a quarter larger than asked for; more would waste the peak.
    const auto found = free_.lower_bound(bytes);
    if (found != free_.end() && found->first <= bytes + bytes / 4) {
        Storage* storage = found->second;
        free_.erase(found);
        return Tensor(StorageRef(storage), shape, dtype);
    }
    auto block = std::make_unique<Block>(backend_, *this, bytes);
    Storage* storage = &block->storage;
    blocks_.emplace(storage, std::move(block));
    held_bytes_ += bytes;
    peak_bytes_ = std::max(peak_bytes_, held_bytes_);
    return Tensor(StorageRef(storage), shape, dtype);
}

void Arena::recycle(Storage* storage) {
    free_.emplace(storage->capacity_bytes(), storage);
}

void Arena::trim() {
    for (const auto& [bytes, storage] : free_) {
        held_bytes_ -= bytes;
        blocks_.erase(storage);
    }
    free_.clear();
}

}  // namespace darkroom::engine
