// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace darkroom {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(folder_); }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path folder_ = fs::temp_directory_path() / ("darkroom-file-" + std::to_string(::getpid()));
};

TEST_F(FileTest, WritingReplacesTheWholeFileAndLeavesNothingElse) {
    const fs::path path = folder_ / "a";
    ASSERT_TRUE(write_file(path, "first, longer"));
    ASSERT_TRUE(write_file(path, "second"));
    EXPECT_EQ(read_file(path, 100).value(), "second");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(FileTest, AMapShowsTheFilesBytes) {
    const fs::path path = folder_ / "a";
    ASSERT_TRUE(write_file(path, "hello"));
    const auto mapped = MappedFile::open(path);
    ASSERT_TRUE(mapped);
    EXPECT_EQ(mapped->bytes().size(), 5u);
    EXPECT_EQ(static_cast<char>(mapped->bytes()[4]), 'o');
}

TEST_F(FileTest, FailuresNameThePath) {
    const auto missing = read_file(folder_ / "missing", 100);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_NE(missing.error().message.find("missing"), std::string::npos);
    EXPECT_EQ(MappedFile::open(folder_).error().code, ErrorCode::corrupt_input);
    EXPECT_EQ(write_file(folder_ / "no" / "such", "x").error().code, ErrorCode::not_found);
}

TEST_F(FileTest, AFileOverTheLimitIsRefused) {
    const fs::path path = folder_ / "big";
    ASSERT_TRUE(write_file(path, std::string(1000, 'x')));
    EXPECT_EQ(read_file(path, 999).error().code, ErrorCode::payload_too_large);
}

TEST_F(FileTest, AFullDiskIsResourceExhausted) {
    EXPECT_EQ(system_error("cannot write", "x", ENOSPC).code, ErrorCode::insufficient_storage);
}

}  // namespace
}  // namespace darkroom
