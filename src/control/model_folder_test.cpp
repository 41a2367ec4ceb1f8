// SPDX-License-Identifier: Apache-2.0
#include "control/model_folder.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/sha256.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

class ModelFolderTest : public testing::Test {
  protected:
    void SetUp() override { fs::create_directories(folder_ / "anime"); }
    void TearDown() override { fs::remove_all(root_); }

    fs::path root_ = fs::temp_directory_path() / ("darkroom-models-" + std::to_string(::getpid()));
    fs::path folder_ = root_ / "models";
    fs::path hashes_ = root_ / "hashes.json";
    std::atomic<bool> stop_ = false;
};

TEST_F(ModelFolderTest, ListsCheckpointsBelowTheFolderAndNothingElse) {
    ASSERT_TRUE(write_file(folder_ / "anime" / "b.safetensors", "bb"));
    ASSERT_TRUE(write_file(folder_ / "a.safetensors", "a"));
    ASSERT_TRUE(write_file(folder_ / "notes.txt", "x"));
    ModelFolder models(folder_, hashes_);
    ASSERT_TRUE(models.scan());
    const auto found = models.models();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].name, "a");
    EXPECT_EQ(found[1].relative_name, "anime/b.safetensors");
    EXPECT_EQ(found[1].size_bytes, 2u);
    EXPECT_TRUE(found[0].sha256.empty());
}

TEST_F(ModelFolderTest, ALinkToACheckpointElsewhereHasItsPlaceInTheFolder) {
    const std::filesystem::path elsewhere = folder_.string() + "-elsewhere";
    ASSERT_TRUE(write_file(folder_ / "a.safetensors", "a"));
    std::filesystem::create_directory(elsewhere);
    ASSERT_TRUE(write_file(elsewhere / "big.safetensors", "big"));
    std::filesystem::create_symlink(elsewhere / "big.safetensors", folder_ / "link.safetensors");
    ModelFolder models(folder_, hashes_);
    const Result<void> scanned = models.scan();
    std::filesystem::remove_all(elsewhere);
    ASSERT_TRUE(scanned);
    const auto found = models.models();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[1].relative_name, "link.safetensors");
    EXPECT_EQ(found[1].name, "link");
}

TEST_F(ModelFolderTest, HashesAreComputedOnceAndRemembered) {
    ASSERT_TRUE(write_file(folder_ / "a.safetensors", "a"));
    {
        ModelFolder models(folder_, hashes_);
        ASSERT_TRUE(models.scan());
        models.hash_missing(stop_);
        EXPECT_EQ(models.models().front().sha256, sha256_hex("a"));
    }
    ModelFolder again(folder_, hashes_);
    ASSERT_TRUE(again.scan());
    EXPECT_EQ(again.models().front().sha256, sha256_hex("a"));
}

TEST_F(ModelFolderTest, AFileOfAnotherSizeIsHashedAgain) {
    ASSERT_TRUE(write_file(folder_ / "a.safetensors", "a"));
    ModelFolder models(folder_, hashes_);
    ASSERT_TRUE(models.scan());
    models.hash_missing(stop_);
    ASSERT_TRUE(write_file(folder_ / "a.safetensors", "changed"));
    ASSERT_TRUE(models.scan());
    EXPECT_TRUE(models.models().front().sha256.empty());
    models.hash_missing(stop_);
    EXPECT_EQ(models.models().front().sha256, sha256_hex("changed"));
}

TEST_F(ModelFolderTest, TypesPicturesAndNotesComeFromTheFolder) {
    for (const char* name : {"VAE", "Stable-diffusion", "Lora", ".hidden"})
        fs::create_directories(folder_ / name);
    for (const char* name :
         {"b.safetensors",
          "Stable-diffusion/a.safetensors",
          "Stable-diffusion/b.safetensors",
          "VAE/a.pt",
          "Lora/a.safetensors",
          "Lora/a.preview.png",
          "Lora/a.txt",
          ".hidden/a.safetensors"}) {
        ASSERT_TRUE(write_file(folder_ / name, name));
    }
    ModelFolder models(folder_, hashes_);
    ASSERT_TRUE(models.scan());
    std::vector<std::string> names;
    for (const domain::ModelFile& file : models.files())
        names.push_back(std::string(domain::to_string(file.type)) + " " + file.name);
    const std::vector<std::string> expected = {
        "stableDiffusion Stable-diffusion/b.safetensors",
        "stableDiffusion a.safetensors",
        "stableDiffusion b.safetensors",
        "sdVae a.pt",
        "lora a.safetensors"};
    EXPECT_EQ(names, expected);
    EXPECT_EQ(models.files().back().note, "Lora/a.txt");
    EXPECT_TRUE(models.files().back().thumbnail.ends_with("Lora/a.preview.png"));
    EXPECT_EQ(models.models().size(), 3u);
}

TEST_F(ModelFolderTest, HalfAFileIsListedAsFailedUntilItChanges) {
    const auto inspect = [](const fs::path& path) -> Result<domain::ModelFacts> {
        if (read_file(path, 100).value() == "whole") {
            return domain::ModelFacts{.family = "sd1", .native_size = 512, .dtype = "f16"};
        }
        return Error{ErrorCode::corrupt_input, "the end is missing"};
    };
    ASSERT_TRUE(write_file(folder_ / "a.safetensors", "half"));
    ModelFolder models(folder_, hashes_, inspect);
    ASSERT_TRUE(models.scan());
    EXPECT_EQ(models.files().front().status, domain::ModelStatus::failed);
    EXPECT_EQ(models.files().front().reason, "the end is missing");
    EXPECT_FALSE(models.hash_next(stop_));
    ASSERT_TRUE(write_file(folder_ / "a.safetensors", "whole"));
    ASSERT_TRUE(models.scan());
    EXPECT_EQ(models.files().front().status, domain::ModelStatus::loaded);
    EXPECT_EQ(models.files().front().facts.dtype, "f16");
    EXPECT_EQ(models.models().front().native_size, 512);
}

TEST_F(ModelFolderTest, AFileThatTookTheNameAtTheSameSizeIsAnotherFile) {
    ASSERT_TRUE(write_file(folder_ / "a.safetensors", "1"));
    ModelFolder models(folder_, hashes_);
    ASSERT_TRUE(models.scan());
    models.hash_missing(stop_);
    const std::string before = models.models().front().identity;
    ASSERT_TRUE(write_file(folder_ / "b", "2"));
    fs::last_write_time(folder_ / "b", fs::last_write_time(folder_ / "a.safetensors"));
    fs::rename(folder_ / "b", folder_ / "a.safetensors");
    ASSERT_TRUE(models.scan());
    EXPECT_NE(models.models().front().identity, before);
    EXPECT_TRUE(models.models().front().sha256.empty());
}

TEST_F(ModelFolderTest, AMissingFolderIsAnErrorThatNamesIt) {
    ModelFolder models(root_ / "nowhere", hashes_);
    const auto scanned = models.scan();
    ASSERT_FALSE(scanned);
    EXPECT_NE(scanned.error().message.find("nowhere"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::control
