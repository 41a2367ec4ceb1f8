// SPDX-License-Identifier: Apache-2.0
#include "config/configuration.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"

namespace darkroom::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Settings kSettings = {
    {.name = "server.port",
     .type = Type::integer,
     .fallback = std::int64_t{1},
     .least = 0,
     .most = 100,
     .flag = "--port"},
    {.name = "server.hosts",
     .type = Type::text_list,
     .fallback = std::vector<std::string>(),
     .flag = "--host"},
    {.name = "keep.tenant.*.days", .type = Type::integer, .fallback = std::int64_t{1}},
};

class ConfigurationSources : public testing::Test {
  protected:
    ~ConfigurationSources() override { std::filesystem::remove(file_); }

    Sources with_file(const std::string& text) {
        EXPECT_TRUE(write_file(file_, text));
        return {.file = file_};
    }

    std::filesystem::path file_ =
        std::filesystem::temp_directory_path() / ("darkroom-config-" + random_id() + ".toml");
};

TEST_F(ConfigurationSources, DefaultsHoldWithoutAny) {
    const Loaded loaded = load(kSettings, {});
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.configuration.integer("server.port"), 1);
    EXPECT_EQ(loaded.configuration.all().at("server.port").origin, "default");
}

TEST_F(ConfigurationSources, AFlagWinsOverTheEnvironmentAndThatOverTheFile) {
    Sources sources = with_file("[server]\nport = 2\n");
    EXPECT_EQ(load(kSettings, sources).configuration.integer("server.port"), 2);
    sources.environment["DARKROOM_SERVER_PORT"] = "3";
    EXPECT_EQ(load(kSettings, sources).configuration.integer("server.port"), 3);
    sources.flags = {{"--port", "4"}};
    const Loaded loaded = load(kSettings, sources);
    EXPECT_EQ(loaded.configuration.integer("server.port"), 4);
    EXPECT_EQ(loaded.configuration.all().at("server.port").origin, "--port");
}

TEST_F(ConfigurationSources, AListIsReplacedAsAWhole) {
    Sources sources = with_file("[server]\nhosts = [\"a\"]\n");
    sources.flags = {{"--host", "b"}, {"--host", "c,d"}};
    EXPECT_THAT(
        load(kSettings, sources).configuration.text_list("server.hosts"), ElementsAre("b", "c,d"));
}

TEST_F(ConfigurationSources, EverySourcesProblemsAreReportedTogether) {
    Sources sources = with_file("[server]\nport = 101\n");
    sources.environment["DARKROOM_SERVER_PORT"] = "102";
    sources.flags = {{"--port", "x"}};
    const Loaded loaded = load(kSettings, sources);
    ASSERT_EQ(loaded.problems.size(), 3U);
    EXPECT_EQ(loaded.problems[0].where, file_.string() + ":2:8");
    EXPECT_EQ(loaded.problems[1].where, "DARKROOM_SERVER_PORT");
    EXPECT_EQ(loaded.problems[2].where, "--port");
    EXPECT_THAT(render(loaded.problems), HasSubstr("--port: must be an integer from 0 to 100: x"));
}

TEST_F(ConfigurationSources, NamesOfTheFileAreListed) {
    const Loaded loaded = load(kSettings, with_file("[keep.tenant]\na.days = 3\nb.days = 4\n"));
    EXPECT_THAT(loaded.configuration.names_below("keep.tenant"), ElementsAre("a", "b"));
    EXPECT_EQ(loaded.configuration.find_integer("keep.tenant.b.days"), 4);
    EXPECT_FALSE(loaded.configuration.find_integer("keep.tenant.c.days"));
}

TEST_F(ConfigurationSources, AskingForNoSettingIsAProgrammingError) {
    const Configuration configuration(kSettings);
    EXPECT_THROW(static_cast<void>(configuration.integer("server.prot")), ContractViolation);
    EXPECT_THROW(static_cast<void>(configuration.text("server.port")), ContractViolation);
}

}  // namespace
}  // namespace darkroom::config
