// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kRequest =
    R"({"prompt": "a key", "seed": 1, "steps": 1, "width": 128, "height": 128})";

class Database : public testing::Test {
  protected:
    Finished db(const char* verb, std::vector<std::string> more = {}) const {
        std::vector<std::string> words = {"db", verb, "--data", data_.string()};
        words.insert(words.end(), more.begin(), more.end());
        return run_darkroom(words);
    }

    void draw(const Server& server) const {
        const Answer answer = server.post("/sdapi/v1/txt2img", kRequest);
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->status, 200) << answer->body;
    }

    TemporaryFolder folder_;
    fs::path data_ = folder_ / "data";
    fs::path backup_ = folder_ / "backup";
};

TEST_F(Database, IsBackedUpBesideARunningServerAndRestoredElsewhere) {
    {
        const Server server(data_);
        draw(server);
        const Finished backed_up = db("backup", {backup_.string()});
        ASSERT_EQ(backed_up.status, 0) << backed_up.errors;
        const Finished again = db("backup", {backup_.string()});
        EXPECT_EQ(again.status, 1);
        const Finished refused = db("restore", {backup_.string(), "--force"});
        EXPECT_EQ(refused.status, 1);
        EXPECT_THAT(refused.errors, HasSubstr("another server"));
        EXPECT_EQ(db("check").status, 0);
        draw(server);
    }
    const Finished refused = db("restore", {backup_.string()});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.errors, HasSubstr("--force"));

    const fs::path old = data_;
    data_ = folder_ / "other";
    const Finished restored = db("restore", {backup_.string()});
    ASSERT_EQ(restored.status, 0) << restored.errors;
    const Finished without_pictures = db("check");
    EXPECT_EQ(without_pictures.status, 1);
    EXPECT_THAT(without_pictures.output, HasSubstr("missing: local/"));
    fs::copy(old / "objects", data_ / "objects", fs::copy_options::recursive);
    const Finished whole = db("check");
    EXPECT_EQ(whole.status, 0) << whole.output;
    EXPECT_THAT(whole.output, HasSubstr("tasks succeeded: 1\n"));
    EXPECT_THAT(whole.output, HasSubstr("younger than a day 1"));
    const Server server(data_);
    EXPECT_EQ(server.metric("darkroom_tasks{state=\"succeeded\"}"), 1);
}

TEST_F(Database, ABackupThatWasChangedIsNotRestored) {
    {
        const Server server(data_);
        ASSERT_EQ(db("backup", {backup_.string()}).status, 0);
    }
    std::ofstream(backup_ / "tasks.db", std::ios::app) << "more";
    data_ = folder_ / "other";
    const Finished refused = db("restore", {backup_.string()});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.errors, HasSubstr("manifest"));
    EXPECT_FALSE(fs::exists(data_ / "tasks.db"));
}

TEST_F(Database, WhatIsNotThereIsSaid) {
    const Finished checked = db("check");
    EXPECT_EQ(checked.status, 1);
    EXPECT_THAT(checked.errors, HasSubstr("there is no database"));
    EXPECT_EQ(db("backup", {backup_.string()}).status, 1);
    EXPECT_FALSE(fs::exists(backup_));
    EXPECT_EQ(db("restore", {backup_.string()}).status, 1);
}

}  // namespace
}  // namespace darkroom::integration
