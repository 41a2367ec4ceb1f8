// SPDX-License-Identifier: Apache-2.0
#include "control/model_watcher.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"
#include "base/sha256.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

/// Far beyond what the kernel takes.
constexpr std::chrono::milliseconds kPatience{30'000};

class FolderWatchTest : public ::testing::Test {
  protected:
    FolderWatchTest() { fs::create_directories(folder_ / "a"); }
    ~FolderWatchTest() override { fs::remove_all(folder_); }

    fs::path folder_ = fs::temp_directory_path() / ("darkroom-watch-" + random_id());
};

TEST_F(FolderWatchTest, FilesThatComeGoAndChangeAreTold) {
    FolderWatch watch(folder_);
    EXPECT_FALSE(watch.wait(std::chrono::milliseconds(0)));
    ASSERT_TRUE(write_file(folder_ / "a" / "x", "1"));
    EXPECT_TRUE(watch.wait(kPatience));
    ASSERT_TRUE(write_file(folder_ / "a" / "x", "2"));
    EXPECT_TRUE(watch.wait(kPatience));
    fs::remove(folder_ / "a" / "x");
    EXPECT_TRUE(watch.wait(kPatience));
}

TEST_F(FolderWatchTest, FoldersThatCameAreWatchedToo) {
    FolderWatch watch(folder_);
    fs::create_directories(folder_ / "b" / "c");
    ASSERT_TRUE(watch.wait(kPatience));
    ASSERT_TRUE(write_file(folder_ / "b" / "c" / "x", "1"));
    EXPECT_TRUE(watch.wait(kPatience));
}

TEST_F(FolderWatchTest, HiddenNamesAreNobodysBusiness) {
    fs::create_directories(folder_ / ".uploads");
    FolderWatch watch(folder_);
    ASSERT_TRUE(write_file(folder_ / ".uploads" / "x", "1"));
    EXPECT_FALSE(watch.wait(std::chrono::milliseconds(0)));
}

TEST_F(FolderWatchTest, AStopEndsTheWait) {
    FolderWatch watch(folder_);
    std::thread other([&] { watch.stop(); });
    EXPECT_FALSE(watch.wait(kPatience));
    other.join();
    ASSERT_TRUE(write_file(folder_ / "x", "1"));
    EXPECT_FALSE(watch.wait(kPatience));
}

class ModelWatcherTest : public FolderWatchTest {
  protected:
    /// Looks until the condition holds; false when it never did.
    bool eventually(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + kPatience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::yield();
        }
        return true;
    }

    ModelFolder models_{folder_, folder_ / ".hashes.json"};
};

TEST_F(ModelWatcherTest, TheListFollowsTheFolderByItself) {
    const ModelWatcher watcher(models_);
    ASSERT_TRUE(write_file(folder_ / "a" / "x.safetensors", "1"));
    ASSERT_TRUE(eventually([&] {
        const auto files = models_.files();
        return files.size() == 1 && files[0].sha256 == sha256_hex("1");
    }));
    ASSERT_TRUE(write_file(folder_ / "a" / "x.safetensors", "2"));
    ASSERT_TRUE(eventually([&] {
        const auto files = models_.files();
        return files.size() == 1 && files[0].sha256 == sha256_hex("2");
    }));
    fs::remove(folder_ / "a" / "x.safetensors");
    EXPECT_TRUE(eventually([&] { return models_.files().empty(); }));
}

TEST_F(ModelWatcherTest, ItLooksNowAndThenEvenWhenNothingIsTold) {
    std::atomic<int> looks = 0;
    ModelWatcherOptions options;
    options.poll = std::chrono::milliseconds(1);
    options.each_look = [&] { ++looks; };
    const ModelWatcher watcher(models_, std::move(options));
    EXPECT_TRUE(eventually([&] { return looks > 3; }));
}

}  // namespace
}  // namespace darkroom::control
