// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/reservation.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace darkroom::engine {
namespace {

/// Far more than activations ever take; halved where a limit forbids it.
constexpr std::size_t kMostAddresses = std::size_t{256} << 30;
constexpr std::size_t kFewestAddresses = std::size_t{64} << 20;
constexpr std::size_t kCommitStep = std::size_t{16} << 20;
constexpr std::size_t kPage = 4096;

std::size_t rounded_up(std::size_t value, std::size_t step) {
    return (value + step - 1) / step * step;
}

}  // namespace

Reservation::Reservation() {
    for (std::size_t size = kMostAddresses; size >= kFewestAddresses; size /= 2) {
        void* data =
            ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (data == MAP_FAILED) continue;
        data_ = static_cast<std::byte*>(data);
        size_ = size;
        return;
    }
    throw std::bad_alloc();
}

Reservation::~Reservation() {
    ::munmap(data_, size_);
}

void Reservation::commit(std::size_t size) {
    if (size <= committed_) return;
    if (size > size_) throw std::bad_alloc();
    const std::size_t wanted = std::min(rounded_up(size, kCommitStep), size_);
    if (::mprotect(data_ + committed_, wanted - committed_, PROT_READ | PROT_WRITE) != 0) {
        throw std::bad_alloc();
    }
    committed_ = wanted;
}

void Reservation::discard(std::size_t begin, std::size_t end) {
    begin = rounded_up(begin, kPage);
    end = std::min(end, committed_) / kPage * kPage;
    if (begin < end) ::madvise(data_ + begin, end - begin, MADV_DONTNEED);
}

}  // namespace darkroom::engine
