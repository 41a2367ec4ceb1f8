// SPDX-License-Identifier: Apache-2.0
#include "storage/filesystem/filesystem_object_store.h"

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"

namespace darkroom::storage {
namespace {

using ::testing::HasSubstr;

ObjectKey key(std::string_view text) {
    return ObjectKey::parse(text).value();
}

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

class FilesystemObjectStoreTest : public ::testing::Test {
  protected:
    ~FilesystemObjectStoreTest() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<FilesystemObjectStore> open(FilesystemObjectStoreOptions options = {}) {
        return FilesystemObjectStore::open(folder_, options).value();
    }

    std::size_t staged_files() const {
        const std::filesystem::directory_iterator files(folder_ / Staging::kFolder);
        return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-objects-" + random_id());
};

TEST_F(FilesystemObjectStoreTest, AnObjectIsAFileUnderItsKey) {
    auto store = open();
    ASSERT_TRUE(store->put(key("studio/task/1/0.png"), bytes("pixels")));
    EXPECT_EQ(read_file(folder_ / "studio/task/1/0.png", 100).value(), "pixels");
    EXPECT_TRUE(open()->get(key("studio/task/1/0.png")));
}

/// More names than are held of a folder at once, some of them empty folders.
TEST_F(FilesystemObjectStoreTest, ALargeFolderIsListedAndRemovedInPages) {
    auto store = open();
    std::filesystem::create_directories(folder_ / "a");
    for (int i = 0; i < 1'200; ++i) {
        const std::filesystem::path name = folder_ / "a" / std::to_string(i);
        if (i % 12 == 0) {
            std::filesystem::create_directories(name);
        } else {
            const std::ofstream empty(name);
        }
    }
    ObjectQuery query{key("a"), {}, 400};
    std::vector<std::string> found;
    while (true) {
        const std::vector<ObjectEntry> page = store->list(query).value();
        for (const ObjectEntry& entry : page)
            found.push_back(entry.key.text());
        if (page.size() < query.limit) break;
        query.after = page.back().key;
    }
    EXPECT_EQ(found.size(), 1'100U);
    EXPECT_TRUE(std::ranges::is_sorted(found));
    EXPECT_EQ(store->remove(key("a")).value(), 1'100U);
    EXPECT_TRUE(store->list({})->empty());
}

TEST_F(FilesystemObjectStoreTest, NothingStaysBehindInTheStagingFolder) {
    for (const bool allow_unnamed : {true, false}) {
        auto store = open({.allow_unnamed_files = allow_unnamed});
        ASSERT_TRUE(store->put(key("a"), bytes("1")));
        ASSERT_TRUE(store->put(key("a"), bytes("2")));
        ASSERT_TRUE(store->put(key("b/c"), bytes("3")));
        ASSERT_FALSE(store->put(key("b"), bytes("4")));
        EXPECT_EQ(staged_files(), 0U);
    }
}

TEST_F(FilesystemObjectStoreTest, UnnamedFilesCanBeTurnedOff) {
    EXPECT_FALSE(open({.allow_unnamed_files = false})->uses_unnamed_files());
}

TEST_F(FilesystemObjectStoreTest, RemovingTheLastObjectRemovesItsFolders) {
    auto store = open();
    ASSERT_TRUE(store->put(key("a/b/c/1"), bytes("1")));
    ASSERT_TRUE(store->put(key("a/x"), bytes("2")));
    EXPECT_EQ(store->remove(key("a/b/c")).value(), 1U);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a/b"));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "a/x"));
}

TEST_F(FilesystemObjectStoreTest, AFolderWithoutObjectsIsNoObstacle) {
    for (const bool allow_unnamed : {true, false}) {
        auto store = open({.allow_unnamed_files = allow_unnamed});
        std::filesystem::create_directories(folder_ / "empty");
        EXPECT_TRUE(store->put(key("empty"), bytes("1")));
        EXPECT_EQ(store->remove(key("empty")).value(), 1U);
    }
}

TEST_F(FilesystemObjectStoreTest, ASymbolicLinkLeadsNowhere) {
    auto store = open();
    const std::filesystem::path outside = folder_.string() + "-outside";
    std::filesystem::create_directories(outside);
    ASSERT_TRUE(write_file(outside / "secret", "s"));
    std::filesystem::create_symlink(outside, folder_ / "link");
    std::filesystem::create_symlink(outside / "secret", folder_ / "file");

    EXPECT_EQ(store->get(key("link/secret")).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->get(key("file")).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->put(key("link/new"), bytes("1")).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->remove(key("link")).value(), 0U);
    EXPECT_TRUE(store->list({})->empty());
    ASSERT_TRUE(store->put(key("file"), bytes("mine")));
    EXPECT_EQ(read_file(outside / "secret", 10).value(), "s");
    EXPECT_FALSE(std::filesystem::exists(outside / "new"));
    std::filesystem::remove_all(outside);
}

TEST_F(FilesystemObjectStoreTest, FilesWithoutAValidKeyAreNotObjects) {
    auto store = open();
    ASSERT_TRUE(write_file(folder_ / "README", "x"));
    ASSERT_TRUE(write_file(folder_ / ".hidden", "x"));
    ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    EXPECT_TRUE(store->list({})->empty());
    EXPECT_EQ(store->get(key("pipe")).error().code, ErrorCode::not_found);
}

TEST_F(FilesystemObjectStoreTest, AFolderThatCannotBeWrittenIsAPermissionError) {
    auto store = open();
    std::filesystem::permissions(folder_, std::filesystem::perms(0555));
    // Root may write anywhere; as another user of the file system it may not.
    const auto uid = static_cast<uid_t>(::setfsuid(65534));
    const Result<void> stored = store->put(key("a/b"), bytes("1"));
    const auto opened = FilesystemObjectStore::open(folder_ / "below");
    ::setfsuid(uid);
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::permission_denied) << stored.error().message;
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::permission_denied) << opened.error().message;
    EXPECT_THAT(opened.error().message, HasSubstr(folder_.string()));
}

TEST_F(FilesystemObjectStoreTest, OnlyOldStagedFilesAreSweptAtTheStart) {
    open();
    const std::filesystem::path staging = folder_ / Staging::kFolder;
    ASSERT_TRUE(write_file(staging / "old", "x"));
    ASSERT_TRUE(write_file(staging / "new", "x"));
    const auto two_days_ago =
        std::filesystem::file_time_type::clock::now() - std::chrono::hours(48);
    std::filesystem::last_write_time(staging / "old", two_days_ago);
    open();
    EXPECT_FALSE(std::filesystem::exists(staging / "old"));
    EXPECT_TRUE(std::filesystem::exists(staging / "new"));
}

}  // namespace
}  // namespace darkroom::storage
