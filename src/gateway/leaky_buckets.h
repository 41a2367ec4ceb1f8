// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"

namespace darkroom::gateway {

/// How much may come at once and how fast it drains.
struct BucketSize {
    double capacity = 1;
    double per_second = 1;
};

/// One leaky bucket per name (an address, a tenant): what is poured in drains away at a constant
/// rate, and what does not fit is refused. Thread-safe; its memory is bounded: where there are too
/// many names, the emptiest buckets are forgotten.
class LeakyBuckets {
  public:
    static constexpr std::size_t kMaxNames = 10'000;

    /// `clock` must outlive the buckets.
    explicit LeakyBuckets(Clock& clock) : clock_(clock) {}

    /// Pours one unit in: 0 when it fits, else the whole seconds until it will, and nothing
    /// changes.
    std::int64_t take(const std::string& name, const BucketSize& size);

    /// As take(), without pouring.
    [[nodiscard]] std::int64_t wait_s(const std::string& name, const BucketSize& size);

    /// Takes one unit out again.
    void give_back(const std::string& name);

    [[nodiscard]] std::size_t names();

  private:
    struct Bucket {
        double level = 0;
        double per_second = 1;
        std::int64_t at_ms = 0;
    };
    using Buckets = std::map<std::string, Bucket>;

    static double level_of(const Bucket& bucket, std::int64_t now_ms);
    static void make_room(Buckets& buckets, std::int64_t now_ms);

    Clock& clock_;
    Guarded<Buckets> buckets_;
};

/// Where a guess comes from: an IPv4 address, or the /64 network of an IPv6 address, which one
/// machine can fill by itself.
std::string source_of(const std::string& address);

}  // namespace darkroom::gateway
