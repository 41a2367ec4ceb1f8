// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "integration/program.h"

namespace darkroom::integration {
namespace {

using testing::HasSubstr;

constexpr int kFailure = 1;
constexpr int kUsage = 2;

class ConfigurationFile : public testing::Test {
  protected:
    std::string write(const std::string& text) const {
        EXPECT_TRUE(write_file(file_, text));
        return file_.string();
    }

    TemporaryFolder folder_;
    std::filesystem::path file_ = folder_ / "darkroom.toml";
};

TEST_F(ConfigurationFile, CheckNamesEveryProblemWithItsPlace) {
    const std::string file = write("[server]\nprot = 1\nport = 70000\n");
    const Finished bad = run_darkroom({"config", "check", file});
    EXPECT_EQ(bad.status, kFailure);
    EXPECT_EQ(
        bad.errors,
        file + ":2:1: no such setting: server.prot; did you mean server.port?\n" + file +
            ":3:8: server.port must be an integer from 0 to 65535: 70000\n");
    for (const auto& [text, place] :
         {std::pair("[access]\ntrusted_proxies = [\"10.0.0.0/8\"]\n", "access.trusted_proxies"),
          {"[server]\nhost = \"1.2.3\"\n", "server.host"},
          {"[models]\nurl_places = [\"example.org\"]\n", "models.url_places"},
          {"[images]\nurl_places = [\"example.org\"]\n", "images.url_places"},
          {"[images]\nnetworks = [\"nonsense\"]\n", "images.networks"},
          {"[webhooks]\nnetworks = [\"nonsense\"]\n", "webhooks.networks"},
          {"[retention.tenant.Studio]\ntask_days = 1\n", "retention.tenant.Studio: a tenant's"},
          {"[retention.tenant.\"a/../b\"]\npicture_days = 1\n", "retention.tenant.a/../b"}}) {
        const Finished refused = run_darkroom({"config", "check", write(text)});
        EXPECT_EQ(refused.status, kFailure) << text;
        EXPECT_THAT(refused.errors, HasSubstr(place));
    }
    const Finished good = run_darkroom(
        {"config",
         "check",
         write("[server]\nport = 7000\n[retention.tenant.nobody-yet]\n"
               "task_days = 1\n")});
    EXPECT_EQ(good.status, 0) << good.errors;
}

TEST_F(ConfigurationFile, ShowSaysWhereAValueComesFrom) {
    const std::string file = write("[server]\nport = 7000\n");
    const Finished shown = run_darkroom({"config", "show", file});
    EXPECT_THAT(shown.output, HasSubstr("server.port = 7000  # " + file + ":2:8\n"));
    EXPECT_THAT(shown.output, HasSubstr("log.level = \"info\"  # default\n"));
}

TEST_F(ConfigurationFile, AServerDoesNotStartWithAWrongSetting) {
    const std::string file = write("[log]\nlevel = \"loud\"\n");
    const Finished finished =
        run_darkroom({"serve", "--config", file, "--port", "70000", "--threads", "x"});
    EXPECT_EQ(finished.status, kUsage);
    for (const std::string& word : {file + ":2:9", std::string("--port"), std::string("--threads")})
        EXPECT_THAT(finished.errors, HasSubstr(word));
}

TEST_F(ConfigurationFile, AServerTakesItsSettingsFromTheFile) {
    // Refused for the folder, so the file was read.
    const std::string file = write("[storage]\nimport_folder = \"/nonexistent/folder\"\n");
    const Finished finished = run_darkroom({"serve", "--config", file});
    EXPECT_NE(finished.status, 0);
    EXPECT_THAT(finished.errors, HasSubstr("no such folder: /nonexistent/folder"));
}

}  // namespace
}  // namespace darkroom::integration
