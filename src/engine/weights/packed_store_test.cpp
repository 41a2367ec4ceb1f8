// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/packed_store.h"

#include <unistd.h>

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "base/file.h"

namespace darkroom::engine {
namespace {

namespace fs = std::filesystem;

class PackedStoreTest : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(folder_); }
    void TearDown() override { fs::remove_all(folder_); }

    std::shared_ptr<PackedStore> create(const std::optional<fs::path>& path) {
        return PackedStore::create(identity_, PackedStore::capacity_for(300, 2), path).value();
    }

    fs::path folder_ =
        fs::temp_directory_path() / ("darkroom-packed-" + std::to_string(::getpid()));
    fs::path path_ = folder_ / "a.packed";
    PackedIdentity identity_{"abc", "cpu/avx2/f32"};
};

TEST_F(PackedStoreTest, WhatWasSealedIsMappedAgain) {
    {
        const auto store = create(path_);
        std::memset(store->append("x", "tag-x", 100).data(), 7, 100);
        std::memset(store->append("y", "tag-y", 200).data(), 9, 200);
        ASSERT_TRUE(store->seal());
    }
    const auto store = PackedStore::open(path_, identity_);
    ASSERT_TRUE(store) << store.error().message;
    const PackedStore::Entry* entry = (*store)->find("y");
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->tag, "tag-y");
    EXPECT_EQ(entry->size_bytes, 200u);
    EXPECT_EQ(std::to_integer<int>((*store)->data(*entry)[199]), 9);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>((*store)->data(*entry)) % 64, 0u);
    EXPECT_TRUE((*store)->verify());
}

TEST_F(PackedStoreTest, NothingIsSeenBeforeSealing) {
    const auto store = create(path_);
    (void)store->append("x", "t", 100);
    EXPECT_FALSE(fs::exists(path_));
}

TEST_F(PackedStoreTest, AnAbandonedStoreLeavesNoFile) {
    { (void)create(path_)->append("x", "t", 100); }
    EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(PackedStoreTest, AnotherIdentityIsRefused) {
    ASSERT_TRUE(create(path_)->seal());
    EXPECT_TRUE(PackedStore::open(path_, identity_));
    EXPECT_FALSE(PackedStore::open(path_, {"other", identity_.fingerprint}));
    EXPECT_FALSE(PackedStore::open(path_, {identity_.checkpoint_sha256, "cpu/avx512/bf16"}));
}

TEST_F(PackedStoreTest, AnyIdentityCanBeLookedAt) {
    {
        const auto store = create(path_);
        (void)store->append("x", "t", 100);
        ASSERT_TRUE(store->seal());
    }
    const auto store = PackedStore::open_any(path_);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->identity(), identity_);
    EXPECT_EQ((*store)->entries().size(), 1u);
    EXPECT_TRUE((*store)->verify());
}

TEST_F(PackedStoreTest, DamageIsFound) {
    {
        const auto store = create(path_);
        std::memset(store->append("x", "t", 100).data(), 7, 100);
        ASSERT_TRUE(store->seal());
    }
    const std::string whole = read_file(path_, 1 << 20).value();
    std::string payload = whole;
    payload[100] = 1;
    ASSERT_TRUE(write_file(path_, payload));
    const auto store = PackedStore::open(path_, identity_);
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->verify().error().code, ErrorCode::corrupt_input);

    for (std::size_t cut : {std::size_t{0}, std::size_t{10}, std::size_t{64}, whole.size() - 1}) {
        ASSERT_TRUE(write_file(path_, whole.substr(0, cut)));
        EXPECT_FALSE(PackedStore::open(path_, identity_)) << cut;
    }
}

TEST_F(PackedStoreTest, AFolderThatCannotBeWrittenIsAnError) {
    const auto store = PackedStore::create(identity_, 1000, folder_ / "no" / "such.packed");
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::not_found);
}

TEST_F(PackedStoreTest, AStoreInMemoryNeedsNoFile) {
    const auto store = create(std::nullopt);
    std::memset(store->append("x", "t", 100).data(), 7, 100);
    ASSERT_TRUE(store->seal());
    EXPECT_EQ(std::to_integer<int>(store->data(*store->find("x"))[50]), 7);
}

}  // namespace
}  // namespace darkroom::engine
