// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/shared_payloads.h"

#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"

namespace darkroom::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytes = 100'000;

struct Payload {
    std::string key;
    std::string tag;
    char filling;
};

class SharedPayloadsTest : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(folder_); }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path path(const std::string& checkpoint) const {
        return folder_ / (checkpoint + ".packed");
    }
    static PackedIdentity identity(const std::string& checkpoint) {
        return {checkpoint, "cpu/avx2/f32"};
    }

    void pack(const std::string& checkpoint, const std::vector<Payload>& payloads) {
        const auto store = PackedStore::create(
                               identity(checkpoint),
                               PackedStore::capacity_for(payloads.size() * kBytes, payloads.size()),
                               path(checkpoint))
                               .value();
        const auto shared = SharedPayloads::in_folder(folder_, identity(checkpoint));
        for (const Payload& payload : payloads) {
            const auto room = store->append(payload.key, payload.tag, kBytes);
            std::memset(room.data(), payload.filling, room.size());
            store->share_last(payload.key, shared);
        }
        ASSERT_TRUE(store->seal());
    }

    Result<std::shared_ptr<PackedStore>> open(const std::string& checkpoint) {
        return PackedStore::open(path(checkpoint), identity(checkpoint));
    }

    static char last_byte(const PackedStore& store, const std::string& key) {
        const PackedStore::Entry* entry = store.find(key);
        return entry == nullptr ? '?' : static_cast<char>(store.data(*entry)[kBytes - 1]);
    }

    fs::path folder_ =
        fs::temp_directory_path() / ("darkroom-shared-" + std::to_string(::getpid()));
};

TEST_F(SharedPayloadsTest, WhatTwoCheckpointsShareIsStoredOnce) {
    pack("first", {{"unet", "f32", 1}, {"vae", "f32", 2}, {"clip", "f32", 3}});
    pack("second", {{"unet", "f32", 4}, {"vae", "f32", 2}, {"clip", "f32", 3}});
    EXPECT_GT(fs::file_size(path("first")), 3 * kBytes);
    EXPECT_LT(fs::file_size(path("second")), 2 * kBytes);
    const auto store = open("second");
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(last_byte(**store, "unet"), 4);
    EXPECT_EQ(last_byte(**store, "vae"), 2);
    EXPECT_EQ(last_byte(**store, "clip"), 3);
    EXPECT_TRUE((*store)->verify());
}

TEST_F(SharedPayloadsTest, AnotherLayoutOfTheSameBytesIsNotShared) {
    pack("first", {{"x", "f32", 1}});
    pack("second", {{"x", "bf16", 1}});
    EXPECT_GT(fs::file_size(path("second")), kBytes);
}

TEST_F(SharedPayloadsTest, APayloadHasOneOwnerHoweverManyShareIt) {
    for (const char* checkpoint : {"first", "second", "third"})
        pack(checkpoint, {{"x", "f32", 1}});
    fs::remove(path("second"));
    EXPECT_TRUE(open("third"));
}

TEST_F(SharedPayloadsTest, WithoutItsOwnerAStoreIsNoneAndIsPackedAgain) {
    pack("first", {{"x", "f32", 1}});
    pack("second", {{"x", "f32", 1}});
    const auto mapped = open("second");
    ASSERT_TRUE(mapped);
    fs::remove(path("first"));
    EXPECT_EQ(last_byte(**mapped, "x"), 1) << "who has mapped it keeps it";
    EXPECT_FALSE(open("second"));
    pack("second", {{"x", "f32", 1}});
    ASSERT_TRUE(open("second"));
    EXPECT_GT(fs::file_size(path("second")), kBytes);
}

TEST_F(SharedPayloadsTest, AnOwnerThatWasPackedAnewStillServes) {
    pack("first", {{"x", "f32", 1}});
    pack("second", {{"x", "f32", 1}});
    pack("first", {{"before", "f32", 7}, {"x", "f32", 1}});
    const auto store = open("second");
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ(last_byte(**store, "x"), 1);
}

TEST_F(SharedPayloadsTest, DamagedStoresAreNoOwners) {
    pack("first", {{"x", "f32", 1}});
    const std::string whole = read_file(path("first"), 1 << 20).value();
    ASSERT_TRUE(write_file(path("first"), whole.substr(0, whole.size() - 1)));
    pack("second", {{"x", "f32", 1}});
    EXPECT_GT(fs::file_size(path("second")), kBytes);
    EXPECT_TRUE(open("second"));
}

TEST_F(SharedPayloadsTest, DamageIsFoundInTheFileThatHasIt) {
    pack("first", {{"x", "f32", 1}});
    pack("second", {{"x", "f32", 1}});
    std::string bytes = read_file(path("first"), 1 << 20).value();
    bytes[1000] = 9;
    ASSERT_TRUE(write_file(path("first"), bytes));
    const auto store = open("second");
    ASSERT_TRUE(store);
    const Result<void> verified = (*store)->verify();
    ASSERT_FALSE(verified);
    EXPECT_NE(verified.error().message.find("first.packed"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::engine
