// SPDX-License-Identifier: Apache-2.0
#include "gateway/leaky_buckets.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace darkroom::gateway {
namespace {

constexpr double kMsPerS = 1000.0;
constexpr int kNetworkGroups = 4;

std::int64_t seconds_to_fit(double level, const BucketSize& size) {
    const double excess = level + 1 - size.capacity;
    // A rounding error is no reason to wait.
    if (excess <= 1e-9) return 0;
    return std::max<std::int64_t>(1, std::llround(std::ceil(excess / size.per_second)));
}

}  // namespace

double LeakyBuckets::level_of(const Bucket& bucket, std::int64_t now_ms) {
    const double seconds = static_cast<double>(now_ms - bucket.at_ms) / kMsPerS;
    return std::max(0.0, bucket.level - std::max(0.0, seconds) * bucket.per_second);
}

void LeakyBuckets::make_room(Buckets& buckets, std::int64_t now_ms) {
    if (buckets.size() < kMaxNames) return;
    std::vector<double> levels;
    levels.reserve(buckets.size());
    for (const auto& [name, bucket] : buckets)
        levels.push_back(level_of(bucket, now_ms));
    const auto middle = levels.begin() + static_cast<std::ptrdiff_t>(levels.size() / 2);
    std::nth_element(levels.begin(), middle, levels.end());
    const double median = *middle;
    // At least half of them; a bucket that is as full as it can be stays unless most are.
    std::erase_if(
        buckets, [&](const auto& entry) { return level_of(entry.second, now_ms) <= median; });
}

std::int64_t LeakyBuckets::take(const std::string& name, const BucketSize& size) {
    const std::int64_t now_ms = clock_.boot_ms();
    const auto buckets = buckets_.lock();
    auto found = buckets->find(name);
    if (found == buckets->end()) {
        make_room(*buckets, now_ms);
        found = buckets->emplace(name, Bucket{0, size.per_second, now_ms}).first;
    }
    Bucket& bucket = found->second;
    bucket.level = level_of(bucket, now_ms);
    bucket.at_ms = now_ms;
    bucket.per_second = size.per_second;
    const std::int64_t wait = seconds_to_fit(bucket.level, size);
    if (wait == 0) bucket.level += 1;
    return wait;
}

std::int64_t LeakyBuckets::wait_s(const std::string& name, const BucketSize& size) {
    const auto buckets = buckets_.lock();
    const auto found = buckets->find(name);
    if (found == buckets->end()) return 0;
    return seconds_to_fit(level_of(found->second, clock_.boot_ms()), size);
}

void LeakyBuckets::give_back(const std::string& name) {
    const auto buckets = buckets_.lock();
    const auto found = buckets->find(name);
    if (found != buckets->end()) found->second.level = std::max(0.0, found->second.level - 1);
}

std::size_t LeakyBuckets::names() {
    return buckets_.lock()->size();
}

std::string source_of(const std::string& address) {
    std::size_t end = 0;
    for (int group = 0; group < kNetworkGroups; ++group) {
        const std::size_t colon = address.find(':', end);
        if (colon == std::string::npos) return address;
        // "::" stands for zeros: what is before it is all there is of the network.
        if (address.compare(colon, 2, "::") == 0) {
            const bool is_mapped = address.find('.') != std::string::npos;
            return is_mapped ? address : address.substr(0, colon + 2);
        }
        end = colon + 1;
    }
    return address.substr(0, end) + ':';
}

}  // namespace darkroom::gateway
