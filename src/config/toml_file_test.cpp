// SPDX-License-Identifier: Apache-2.0
#include "config/toml_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
     .most = 65'535},
    {.name = "server.hosts", .type = Type::text_list, .fallback = std::vector<std::string>()},
    {.name = "server.quiet", .type = Type::boolean, .fallback = false},
    {.name = "keep.tenant.*.days", .type = Type::integer, .fallback = std::int64_t{1}},
    {.name = "log.level", .type = Type::text, .choices = {"low", "high"}},
};

std::vector<std::string> problems_of(const std::string& text) {
    std::vector<std::string> lines;
    for (const Problem& problem : parse_toml(kSettings, text, "f").problems)
        lines.push_back(problem.where + ": " + problem.message);
    return lines;
}

TEST(TomlFile, ValuesComeWithTheirPlace) {
    const TomlValues read =
        parse_toml(kSettings, "[server]\nport = 8080\nhosts = [\"a\", \"b\"]\n", "f");
    EXPECT_THAT(read.problems, IsEmpty());
    EXPECT_EQ(std::get<std::int64_t>(read.values.at("server.port").value), 8080);
    EXPECT_EQ(read.values.at("server.port").origin, "f:2:8");
    EXPECT_EQ(std::get<std::vector<std::string>>(read.values.at("server.hosts").value).size(), 2U);
}

TEST(TomlFile, ANameOfTheFileStandsForAStar) {
    const TomlValues read = parse_toml(kSettings, "[keep.tenant.studio]\ndays = 3\n", "f");
    EXPECT_THAT(read.problems, IsEmpty());
    EXPECT_TRUE(read.values.contains("keep.tenant.studio.days"));
}

TEST(TomlFile, EveryProblemIsReportedFromTheTop) {
    EXPECT_THAT(
        problems_of("[server]\nprot = 1\nport = \"x\"\nquiet = 1\nhosts = [1]\n"
                    "[log]\nlevel = \"middle\"\n[other]\nz = 1\n"),
        ElementsAre(
            "f:2:1: no such setting: server.prot; did you mean server.port?",
            "f:3:8: server.port must be an integer from 0 to 65535, not a text",
            "f:4:9: server.quiet must be true or false, not an integer",
            "f:5:9: server.hosts must be a list of texts, not an array",
            "f:7:9: log.level must be one of low, high: \"middle\"",
            "f:8:2: no such setting: other"));
}

TEST(TomlFile, AKeyInTheWrongSectionIsFound) {
    EXPECT_THAT(
        problems_of("port = 1\n"),
        ElementsAre("f:1:1: no such setting: port; did you mean server.port?"));
}

TEST(TomlFile, ASettingThatIsATableAndASectionThatIsAValueAreRefused) {
    EXPECT_THAT(
        problems_of("[server.port]\nx = 1\n"), ElementsAre(HasSubstr("integer from 0 to 65535")));
    EXPECT_THAT(problems_of("server = 1\n"), ElementsAre(HasSubstr("no such setting: server")));
    EXPECT_THAT(problems_of("\"server.port\" = 1\n"), ElementsAre(HasSubstr("no such setting")));
    EXPECT_THAT(problems_of("[[server]]\nport = 1\n"), ElementsAre(HasSubstr("server")));
}

TEST(TomlFile, ASyntaxErrorHasItsPlace) {
    EXPECT_THAT(problems_of("[server]\nport = \n"), ElementsAre(testing::StartsWith("f:2:")));
    EXPECT_THAT(problems_of("a = 1\na = 2\n"), ElementsAre(testing::StartsWith("f:2:")));
    EXPECT_THAT(problems_of("\xFF"), ElementsAre(testing::StartsWith("f:1:")));
    EXPECT_THAT(problems_of(std::string(100'000, '[')), ElementsAre(testing::StartsWith("f:1:")));
}

TEST(TomlFile, AMissingFileIsNamed) {
    const TomlValues read = read_toml(kSettings, "/nowhere/darkroom.toml");
    ASSERT_EQ(read.problems.size(), 1U);
    EXPECT_THAT(read.problems[0].where, HasSubstr("/nowhere/darkroom.toml"));
}

TEST(TomlFile, NothingIsNearAStrangeName) {
    EXPECT_EQ(nearest_setting(kSettings, "completely.different"), nullptr);
    EXPECT_EQ(nearest_setting(kSettings, std::string(1'000'000, 'x')), nullptr);
}

}  // namespace
}  // namespace darkroom::config
