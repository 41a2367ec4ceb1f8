// SPDX-License-Identifier: Apache-2.0
#include "control/upload_folder.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"
#include "base/sha256.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

class UploadFolderTest : public ::testing::Test {
  protected:
    UploadFolderTest() { fs::create_directories(root_); }
    ~UploadFolderTest() override { fs::remove_all(root_); }

    UploadPlan plan(std::uint64_t size, const std::string& sha256 = "") {
        return {"studio", domain::ModelType::lora, "a.safetensors", size, sha256};
    }
    std::string begin(std::uint64_t size) { return uploads_.begin(plan(size)).value().id; }
    Result<UploadStatus> append(
        const std::string& id, std::uint64_t offset, std::string_view bytes) {
        const UploadStatus now = uploads_.find({"studio", id}).value();
        return uploads_.append({"studio", id}, {offset, now.plan.size_bytes, bytes});
    }
    std::size_t files() {
        std::error_code error;
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_, error), fs::directory_iterator()));
    }

    fs::path root_ = fs::temp_directory_path() / ("darkroom-uploads-" + random_id());
    fs::path folder_ = root_ / ".uploads";
    FakeClock clock_;
    UploadFolder uploads_{
        folder_,
        clock_,
        {.max_bytes = 100,
         .per_tenant = 2,
         .in_all = 3,
         .max_picture_bytes = 10,
         .pictures_per_tenant = 3,
         .pictures_in_all = 4}};
};

TEST_F(UploadFolderTest, PiecesBecomeAFileAndItsHash) {
    const std::string text = "hello, world";
    const std::string id = uploads_.begin(plan(text.size(), sha256_hex(text))).value().id;
    EXPECT_EQ(append(id, 0, "hello").value().received_bytes, 5u);
    EXPECT_EQ(uploads_.take({"studio", id}).error().code, ErrorCode::conflict);
    const UploadStatus whole = append(id, 5, ", world").value();
    EXPECT_TRUE(whole.is_complete());
    EXPECT_EQ(whole.sha256, sha256_hex(text));
    const auto staged = uploads_.take({"studio", id}).value();
    EXPECT_EQ(read_file(staged->path(), 100).value(), text);
    EXPECT_EQ(uploads_.find({"studio", id}).error().code, ErrorCode::not_found);
}

TEST_F(UploadFolderTest, APictureIsReadAsOftenAsItIsAskedFor) {
    const UploadName name{"studio", uploads_.begin({"studio", {}, "", 6}).value().id};
    ASSERT_TRUE(append(name.id, 0, "abc"));
    EXPECT_EQ(uploads_.read_picture(name).error().code, ErrorCode::conflict);
    ASSERT_TRUE(append(name.id, 3, "def"));
    EXPECT_EQ(uploads_.read_picture(name).value(), "abcdef");
    EXPECT_EQ(uploads_.read_picture(name).value(), "abcdef");
    EXPECT_EQ(uploads_.read_picture({"agency", name.id}).error().code, ErrorCode::not_found);
    const std::string model = begin(3);
    ASSERT_TRUE(append(model, 0, "abc"));
    EXPECT_EQ(uploads_.read_picture({"studio", model}).error().code, ErrorCode::not_found);
}

TEST_F(UploadFolderTest, PicturesHaveBoundsOfTheirOwn) {
    const auto begin_picture = [&](const std::string& tenant, std::uint64_t size) {
        return uploads_.begin({tenant, {}, "", size});
    };
    EXPECT_EQ(begin_picture("studio", 11).error().code, ErrorCode::payload_too_large);
    begin(1);
    begin(1);
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(begin_picture("studio", 10));
    EXPECT_EQ(begin_picture("studio", 10).error().code, ErrorCode::conflict);
    EXPECT_TRUE(begin_picture("agency", 10));
    EXPECT_EQ(begin_picture("agency", 10).error().code, ErrorCode::conflict);
    EXPECT_TRUE(uploads_.begin({"agency", domain::ModelType::lora, "b.safetensors", 10}));
}

TEST_F(UploadFolderTest, WhatArrivedAlreadyIsSkippedAndAGapIsRefused) {
    const std::string id = begin(6);
    ASSERT_TRUE(append(id, 0, "abc"));
    EXPECT_EQ(append(id, 0, "abc").value().received_bytes, 3u);
    EXPECT_EQ(append(id, 4, "ef").error().code, ErrorCode::conflict);
    EXPECT_EQ(append(id, 1, "bcdef").value().sha256, sha256_hex("abcdef"));
    EXPECT_EQ(append(id, 3, "def").value().received_bytes, 6u);
}

TEST_F(UploadFolderTest, PiecesThatDoNotFitTheFileAreRefused) {
    const std::string id = begin(6);
    const UploadName name{"studio", id};
    for (const UploadPiece& piece :
         {UploadPiece{0, 7, "a"},
          UploadPiece{0, 6, "abcdefg"},
          UploadPiece{7, 6, ""},
          UploadPiece{6, 6, "g"},
          UploadPiece{UINT64_MAX, 6, "ab"}}) {
        EXPECT_EQ(uploads_.append(name, piece).error().code, ErrorCode::invalid_argument);
    }
    EXPECT_EQ(uploads_.find(name).value().received_bytes, 0u);
}

TEST_F(UploadFolderTest, BytesOfAnotherHashAreThrownAway) {
    const std::string id = uploads_.begin(plan(3, sha256_hex("abc"))).value().id;
    const auto refused = append(id, 0, "abd");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::corrupt_input);
    EXPECT_EQ(uploads_.find({"studio", id}).error().code, ErrorCode::not_found);
    EXPECT_EQ(files(), 0u);
}

TEST_F(UploadFolderTest, OneTenantNeitherSeesNorTouchesTheUploadsOfAnother) {
    const std::string id = begin(3);
    const UploadName stranger{"other", id};
    EXPECT_EQ(uploads_.find(stranger).error().code, ErrorCode::not_found);
    EXPECT_EQ(uploads_.append(stranger, {0, 3, "abc"}).error().code, ErrorCode::not_found);
    EXPECT_EQ(uploads_.take(stranger).error().code, ErrorCode::not_found);
    EXPECT_EQ(uploads_.abandon(stranger).error().code, ErrorCode::not_found);
    EXPECT_TRUE(uploads_.find({"studio", id}));
}

TEST_F(UploadFolderTest, SizesAndNumbersHaveLimits) {
    EXPECT_EQ(uploads_.begin(plan(0)).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(uploads_.begin(plan(101)).error().code, ErrorCode::payload_too_large);
    const std::string first = begin(1);
    (void)begin(1);
    EXPECT_EQ(uploads_.begin(plan(1)).error().code, ErrorCode::conflict);
    UploadPlan other = plan(1);
    other.tenant = "other";
    ASSERT_TRUE(uploads_.begin(other));
    other.tenant = "third";
    EXPECT_EQ(uploads_.begin(other).error().code, ErrorCode::conflict);
    ASSERT_TRUE(uploads_.abandon({"studio", first}));
    EXPECT_TRUE(uploads_.begin(other));
}

TEST_F(UploadFolderTest, AnUploadThatNothingArrivesForExpires) {
    const std::string id = begin(3);
    const std::string busy = begin(3);
    clock_.now_ms += UploadLimits{}.lifetime_ms - 1;
    ASSERT_TRUE(append(busy, 0, "a"));
    clock_.now_ms += 1;
    uploads_.expire();
    EXPECT_EQ(uploads_.find({"studio", id}).error().code, ErrorCode::not_found);
    EXPECT_TRUE(uploads_.find({"studio", busy}));
    EXPECT_EQ(files(), 1u);
}

TEST_F(UploadFolderTest, WhatAnEarlierServerLeftIsRemoved) {
    fs::create_directories(folder_);
    ASSERT_TRUE(write_file(folder_ / "left", "half a file"));
    uploads_.clean();
    EXPECT_EQ(files(), 0u);
}

TEST_F(UploadFolderTest, MoreThanTheDiskHoldsIsRefusedAtOnce) {
    UploadFolder unlimited(folder_, clock_, {.max_bytes = UINT64_MAX});
    const auto refused = unlimited.begin(plan(std::uint64_t{1} << 60));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::resource_exhausted);
    EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace darkroom::control
