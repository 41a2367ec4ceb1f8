// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/free_ranges.h"

#include <algorithm>

#include "base/check.h"

namespace darkroom::engine {

std::size_t FreeRanges::take(std::size_t size) {
    // Behind each gap something is in use.
    ++in_use_;
    if (gaps_.capacity() < in_use_) gaps_.reserve(2 * in_use_);
    const auto gap = std::find_if(gaps_.begin(), gaps_.end(), [size](const Range& range) {
        return range.end - range.begin >= size;
    });
    if (gap == gaps_.end()) {
        end_ += size;
        return end_ - size;
    }
    const std::size_t begin = gap->begin;
    gap->begin += size;
    if (gap->begin == gap->end) gaps_.erase(gap);
    return begin;
}

void FreeRanges::give_back(std::size_t begin, std::size_t size) {
    const std::size_t end = begin + size;
    DARKROOM_CHECK(size > 0 && end <= end_, "bytes {} to {} of {}", begin, end, end_);
    auto after =
        std::lower_bound(gaps_.begin(), gaps_.end(), begin, [](const Range& range, std::size_t at) {
            return range.begin < at;
        });
    DARKROOM_CHECK(
        (after == gaps_.end() || end <= after->begin) &&
            (after == gaps_.begin() || std::prev(after)->end <= begin),
        "bytes {} to {} given back twice",
        begin,
        end);
    const bool joins_next = after != gaps_.end() && after->begin == end;
    const bool joins_last = after != gaps_.begin() && std::prev(after)->end == begin;
    if (joins_last && joins_next) {
        std::prev(after)->end = after->end;
        gaps_.erase(after);
    } else if (joins_last) {
        std::prev(after)->end = end;
    } else if (joins_next) {
        after->begin = begin;
    } else {
        gaps_.insert(after, {begin, end});
    }
    --in_use_;
    if (gaps_.back().end == end_) {
        end_ = gaps_.back().begin;
        gaps_.pop_back();
    }
}

}  // namespace darkroom::engine
