// SPDX-License-Identifier: Apache-2.0
// What is read ahead is in memory before anybody reads it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"
#include "engine/weights/packed_source.h"
#include "engine/weights/shared_payloads.h"

namespace darkroom::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytes = std::size_t{4} << 20;

/// Share of a file's pages that are in memory.
double resident_share(const fs::path& path) {
    const MappedFile file = MappedFile::open(path).value();
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> pages((file.bytes().size() + page - 1) / page);
    void* begin = const_cast<std::byte*>(file.bytes().data());
    EXPECT_EQ(::mincore(begin, file.bytes().size(), pages.data()), 0);
    const auto resident =
        std::ranges::count_if(pages, [](unsigned char p) { return (p & 1) != 0; });
    return static_cast<double>(resident) / static_cast<double>(pages.size());
}

class Prefetch : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(folder_); }
    void TearDown() override { fs::remove_all(folder_); }

    PackedIdentity identity(char digit) const { return {std::string(64, digit), "cpu/avx2/f32"}; }
    fs::path packed(char digit) const { return folder_ / identity(digit).file_name(); }

    void pack(char digit, const std::vector<char>& fillings) {
        const std::size_t room =
            PackedStore::capacity_for(fillings.size() * kBytes, fillings.size());
        const auto store = PackedStore::create(identity(digit), room, packed(digit)).value();
        const auto shared = SharedPayloads::in_folder(folder_, identity(digit));
        for (const char filling : fillings) {
            const std::string key(1, filling);
            std::memset(store->append(key, "f32", kBytes).data(), filling, kBytes);
            store->share_last(key, shared);
        }
        ASSERT_TRUE(store->seal());
    }

    /// Not on a file system that is memory.
    static bool evict(const fs::path& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        EXPECT_EQ(::fsync(file), 0);
        EXPECT_EQ(::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED), 0);
        ::close(file);
        return resident_share(path) < 0.1;
    }

    static bool becomes_resident(const fs::path& path) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (resident_share(path) < 0.95) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::yield();
        }
        return true;
    }

    fs::path folder_ =
        fs::temp_directory_path() / ("darkroom-prefetch-" + std::to_string(::getpid()));
    fs::path checkpoint_ = folder_ / "a.safetensors";
};

TEST_F(Prefetch, ReadsPackedWeightsAndWhatTheyShare) {
    pack('a', {1, 2});
    pack('b', {2, 3});
    if (!evict(packed('a')) || !evict(packed('b'))) GTEST_SKIP() << "files lie in memory here";
    prefetch_weights(checkpoint_, identity('b'), folder_);
    EXPECT_TRUE(becomes_resident(packed('b')));
    EXPECT_GT(resident_share(packed('a')), 0.4) << "the payload that both have";
}

TEST_F(Prefetch, ReadsACheckpointThatIsNotPackedYet) {
    ASSERT_TRUE(write_file(checkpoint_, std::string(kBytes, 'x')));
    if (!evict(checkpoint_)) GTEST_SKIP() << "files lie in memory here";
    prefetch_weights(checkpoint_, identity('a'), folder_);
    EXPECT_TRUE(becomes_resident(checkpoint_));
}

TEST_F(Prefetch, WhatIsNotThereIsPassedOver) {
    prefetch_weights(checkpoint_, identity('a'), folder_);
    prefetch_weights(checkpoint_, identity('a'), std::nullopt);
    EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace darkroom::engine
