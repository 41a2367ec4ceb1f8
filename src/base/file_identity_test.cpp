// SPDX-License-Identifier: Apache-2.0
#include "base/file_identity.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"

namespace darkroom {
namespace {

namespace fs = std::filesystem;

class FileIdentityTest : public ::testing::Test {
  protected:
    FileIdentityTest() { fs::create_directories(folder_); }
    ~FileIdentityTest() override { fs::remove_all(folder_); }

    fs::path folder_ = fs::temp_directory_path() / ("darkroom-identity-" + random_id());
    fs::path file_ = folder_ / "a";
};

TEST_F(FileIdentityTest, AFileThatTookTheNameIsAnotherOne) {
    ASSERT_TRUE(write_file(file_, "old"));
    const FileIdentity before = identify_file(file_).value();
    EXPECT_EQ(identify_file(file_).value(), before);
    ASSERT_TRUE(write_file(folder_ / "b", "new"));
    fs::last_write_time(folder_ / "b", fs::last_write_time(file_));
    fs::rename(folder_ / "b", file_);
    EXPECT_NE(identify_file(file_).value().text(), before.text());
}

TEST_F(FileIdentityTest, AMapKnowsWhichFileItShows) {
    ASSERT_TRUE(write_file(file_, "old"));
    const FileIdentity before = identify_file(file_).value();
    const MappedFile map = MappedFile::open(file_).value();
    ASSERT_TRUE(write_file(file_, "new"));
    EXPECT_EQ(map.identity(), before);
    EXPECT_NE(identify_file(file_).value(), before);
}

TEST_F(FileIdentityTest, WhatIsNoFileIsRefused) {
    EXPECT_EQ(identify_file(folder_ / "none").error().code, ErrorCode::not_found);
    EXPECT_EQ(identify_file(folder_).error().code, ErrorCode::corrupt_input);
}

}  // namespace
}  // namespace darkroom
