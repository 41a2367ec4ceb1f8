// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/file.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRequest =
    R"({"prompt": "a key", "seed": 1, "steps": 1, "width": 128, "height": 128})";

void make_older(const fs::path& file, std::chrono::hours age) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - age);
}

std::vector<fs::path> pictures(const fs::path& data) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(data / "objects")) {
        if (entry.is_regular_file()) found.push_back(entry.path());
    }
    return found;
}

class Retention : public testing::Test {
  protected:
    static void draw(const Server& server) {
        const Answer answer = server.post("/sdapi/v1/txt2img", kRequest);
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->status, 200) << answer->body;
    }

    TemporaryFolder folder_;
    fs::path data_ = folder_ / "data";
};

TEST_F(Retention, WhatACrashLeftBehindGoesAfterADay) {
    const fs::path task = data_ / "objects/local/0123456789abcdef0123456789abcdef";
    const fs::path old = task / "1/0.png";
    const fs::path young = task / "2/0.png";
    for (const fs::path& file : {old, young}) {
        fs::create_directories(file.parent_path());
        ASSERT_TRUE(write_file(file, "not a picture"));
    }
    make_older(old, std::chrono::hours(25));
    const Server server(data_);
    ASSERT_TRUE(eventually([&] { return server.metric("darkroom_swept_orphans_total") == 1; }));
    EXPECT_FALSE(fs::exists(old));
    EXPECT_TRUE(fs::exists(young));
}

TEST_F(Retention, PicturesPastTheirAgeGoAndAreNotMissed) {
    {
        const Server server(data_);
        draw(server);
        draw(server);
    }
    ASSERT_EQ(pictures(data_).size(), 2U);
    make_older(pictures(data_).front(), std::chrono::hours(49));
    const fs::path settings = folder_ / "darkroom.toml";
    ASSERT_TRUE(write_file(settings, "[retention.tenant.local]\npicture_days = 2\n"));
    {
        const Server server(data_, models_folder(), {"--config", settings.string()});
        ASSERT_TRUE(
            eventually([&] { return server.metric("darkroom_swept_pictures_total") == 1; }));
        EXPECT_EQ(server.metric("darkroom_tasks{state=\"succeeded\"}"), 2);
    }
    EXPECT_EQ(pictures(data_).size(), 1U);
    const Finished checked = run_darkroom({"db", "check", "--data", data_.string()});
    EXPECT_EQ(checked.status, 0) << checked.output;
}

}  // namespace
}  // namespace darkroom::integration
