// SPDX-License-Identifier: Apache-2.0
#include "engine/text/byte_pairs.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>

namespace darkroom::engine {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

}  // namespace

void BytePairMerger::append_tokens(std::string_view word, std::vector<std::int32_t>& ids) {
    DARKROOM_CHECK(!word.empty() && word.size() < kNone, "word of {} bytes", word.size());
    const auto size = static_cast<std::uint32_t>(word.size());
    symbols_.resize(size);
    previous_.resize(size);
    next_.resize(size);
    ranks_.assign(size, kNone);
    heap_.clear();
    for (std::uint32_t i = 0; i < size; ++i) {
        symbols_[i] = merges_.byte_symbol(static_cast<unsigned char>(word[i]));
        previous_[i] = i == 0 ? kNone : i - 1;
        next_[i] = i + 1;
    }
    symbols_[size - 1] = static_cast<std::uint16_t>(symbols_[size - 1] + MergeTable::kWordEnd);
    for (std::uint32_t i = 0; i + 1 < size; ++i)
        set_pair(i);

    // The smallest rank first, its leftmost place first. The published algorithm joins every place
    // of a pair at once; that is the same, since a new symbol's merges all rank behind its own.
    while (!heap_.empty()) {
        std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
        const std::uint64_t candidate = heap_.back();
        heap_.pop_back();
        const auto position = static_cast<std::uint32_t>(candidate & kNone);
        if (ranks_[position] == candidate >> 32) join(position);
    }
    for (std::uint32_t i = 0; i < size; i = next_[i])
        ids.push_back(symbols_[i]);
}

void BytePairMerger::set_pair(std::uint32_t position) {
    const std::uint32_t right = next_[position];
    ranks_[position] = kNone;
    if (right >= symbols_.size()) return;
    const auto rank = merges_.rank(symbols_[position], symbols_[right]);
    if (!rank.has_value()) return;
    ranks_[position] = *rank;
    heap_.push_back(static_cast<std::uint64_t>(*rank) << 32 | position);
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void BytePairMerger::join(std::uint32_t position) {
    symbols_[position] = static_cast<std::uint16_t>(MergeTable::kFirstMerged + ranks_[position]);
    const std::uint32_t absorbed = next_[position];
    ranks_[absorbed] = kNone;
    next_[position] = next_[absorbed];
    if (next_[position] < symbols_.size()) previous_[next_[position]] = position;
    set_pair(position);
    if (previous_[position] != kNone) set_pair(previous_[position]);
}

}  // namespace darkroom::engine
