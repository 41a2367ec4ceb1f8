// SPDX-License-Identifier: Apache-2.0
#include "engine/tensor/arena.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <gtest/gtest.h>

#include "engine/tensor/backend.h"

namespace darkroom::engine {
namespace {

/// An arena never calls its backend.
Backend& no_backend() {
    static std::byte place[sizeof(void*)];
    return *static_cast<Backend*>(static_cast<void*>(place));
}

constexpr std::int64_t kMebi = 1 << 20;

TEST(Arena, TensorsAreAlignedAndApart) {
    Arena arena(no_backend());
    const Tensor a = arena.allocate({3}, DType::bf16);
    const Tensor b = arena.allocate({5}, DType::f32);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data()) % 64, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(b.data()) % 64, 0u);
    std::ranges::fill(a.values<BFloat16>(), to_bf16(1.0f));
    std::ranges::fill(b.values<float>(), 2.0f);
    EXPECT_EQ(to_f32(a.values<BFloat16>()[2]), 1.0f);
}

TEST(Arena, MemoryIsUsedAgainForOtherSizes) {
    Arena arena(no_backend());
    for (int round = 0; round < 3; ++round) {
        const Tensor whole = arena.allocate({4 * kMebi}, DType::f32);
        EXPECT_EQ(arena.peak_bytes(), 16u * kMebi);
    }
    {
        const Tensor half = arena.allocate({2 * kMebi}, DType::f32);
        const Tensor rest = arena.allocate({4 * kMebi}, DType::bf16);
        EXPECT_EQ(arena.peak_bytes(), 16u * kMebi);
    }
    EXPECT_EQ(arena.held_bytes(), 16u * kMebi);
}

TEST(Arena, TrimKeepsWhatIsInUse) {
    Arena arena(no_backend());
    std::optional<Tensor> first = arena.allocate({kMebi}, DType::f32);
    const Tensor second = arena.allocate({kMebi}, DType::f32);
    std::ranges::fill(second.values<float>(), 7.0f);
    { const Tensor third = arena.allocate({kMebi}, DType::f32); }
    first.reset();
    EXPECT_EQ(arena.held_bytes(), 12u * kMebi);
    arena.trim();
    EXPECT_EQ(arena.held_bytes(), 8u * kMebi);
    EXPECT_EQ(second.values<float>()[kMebi - 1], 7.0f);
    const Tensor again = arena.allocate({kMebi}, DType::f32);
    std::ranges::fill(again.values<float>(), 1.0f);
    EXPECT_EQ(second.values<float>()[0], 7.0f);
}

TEST(Arena, MoreThanTheMachineHasIsRefusedAndHarmsNothing) {
    Arena arena(no_backend());
    EXPECT_THROW(arena.allocate({std::int64_t{1} << 40}, DType::f32), std::bad_alloc);
    const Tensor fine = arena.allocate({4}, DType::f32);
    std::ranges::fill(fine.values<float>(), 1.0f);
    EXPECT_LT(arena.peak_bytes(), std::size_t{kMebi});
}

}  // namespace
}  // namespace darkroom::engine
