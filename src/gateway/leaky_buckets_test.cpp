// SPDX-License-Identifier: Apache-2.0
#include "gateway/leaky_buckets.h"

#include <gtest/gtest.h>

#include "base/format.h"

namespace darkroom::gateway {
namespace {

TEST(LeakyBuckets, WhatFitsPassesAndTheRestIsToldHowLongToWait) {
    FakeClock clock;
    LeakyBuckets buckets(clock);
    const BucketSize size{.capacity = 3, .per_second = 0.5};
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(buckets.take("a", size), 0) << i;
    EXPECT_EQ(buckets.take("a", size), 2);
    EXPECT_EQ(buckets.wait_s("a", size), 2);
    EXPECT_EQ(buckets.take("b", size), 0) << "another name";
    clock.now_ms += 1999;
    EXPECT_EQ(buckets.take("a", size), 1);
    clock.now_ms += 1;
    EXPECT_EQ(buckets.take("a", size), 0);
    EXPECT_EQ(buckets.take("a", size), 2);
}

TEST(LeakyBuckets, ARefusalCostsNothing) {
    FakeClock clock;
    LeakyBuckets buckets(clock);
    const BucketSize size{.capacity = 1, .per_second = 1};
    EXPECT_EQ(buckets.take("a", size), 0);
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(buckets.take("a", size), 1);
    clock.now_ms += 1000;
    EXPECT_EQ(buckets.take("a", size), 0);
}

TEST(LeakyBuckets, WhatIsGivenBackMayComeAgain) {
    FakeClock clock;
    LeakyBuckets buckets(clock);
    const BucketSize size{.capacity = 1, .per_second = 0.001};
    EXPECT_EQ(buckets.take("a", size), 0);
    buckets.give_back("a");
    buckets.give_back("a");
    buckets.give_back("unknown");
    EXPECT_EQ(buckets.take("a", size), 0);
    EXPECT_EQ(buckets.take("a", size), 1000) << "a bucket is never less than empty";
}

TEST(LeakyBuckets, MemoryIsBoundedAndTheFullestBucketIsRemembered) {
    FakeClock clock;
    LeakyBuckets buckets(clock);
    const BucketSize size{.capacity = 5, .per_second = 0.001};
    for (int i = 0; i < 5; ++i)
        buckets.take("guesser", size);
    for (std::size_t i = 0; i < 3 * LeakyBuckets::kMaxNames; ++i)
        EXPECT_EQ(buckets.take(format("{}", i), size), 0);
    EXPECT_LE(buckets.names(), LeakyBuckets::kMaxNames);
    EXPECT_GT(buckets.take("guesser", size), 0);
}

TEST(LeakyBuckets, AnIpv6NetworkIsOneSource) {
    EXPECT_EQ(source_of("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(source_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    EXPECT_EQ(source_of("2001:db8:1:2::6"), source_of("2001:db8:1:2:3:4:5:6"));
    EXPECT_NE(source_of("2001:db8:1:3::6"), source_of("2001:db8:1:2::6"));
    EXPECT_EQ(source_of("2001:db8::6"), source_of("2001:db8::7"));
    EXPECT_EQ(source_of("::1"), "::");
    EXPECT_NE(source_of("::ffff:192.0.2.1"), source_of("::ffff:192.0.2.2"));
}

}  // namespace
}  // namespace darkroom::gateway
