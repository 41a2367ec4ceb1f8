// SPDX-License-Identifier: Apache-2.0
#include "config/setting.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace darkroom::config {
namespace {

using testing::HasSubstr;

const Setting kPort{
    .name = "server.port",
    .type = Type::integer,
    .fallback = std::int64_t{1},
    .least = 0,
    .most = 65'535};

TEST(Setting, AnIntegerInATextIsTheWholeText) {
    EXPECT_EQ(std::get<std::int64_t>(parse_text(kPort, "8080").value()), 8080);
    for (const char* text : {"", "80x", "x80", " 80", "8.5", "99999999999999999999", "-1", "65536"})
        EXPECT_FALSE(parse_text(kPort, text)) << text;
    EXPECT_THAT(
        parse_text(kPort, "65536").error().message,
        HasSubstr("must be an integer from 0 to 65535: 65536"));
}

TEST(Setting, ABooleanHasSixSpellings) {
    const Setting flag{.name = "a.b", .type = Type::boolean, .fallback = false};
    for (const char* text : {"true", "1", "yes"})
        EXPECT_TRUE(std::get<bool>(parse_text(flag, text).value()));
    for (const char* text : {"false", "0", "no"})
        EXPECT_FALSE(std::get<bool>(parse_text(flag, text).value()));
    EXPECT_FALSE(parse_text(flag, "maybe"));
}

TEST(Setting, AChoiceIsOneOfItsWords) {
    const Setting level{.name = "a.b", .type = Type::text, .choices = {"low", "high"}};
    EXPECT_TRUE(parse_text(level, "high"));
    EXPECT_THAT(parse_text(level, "middle").error().message, HasSubstr("one of low, high"));
}

TEST(Setting, AListInATextIsSeparatedByCommas) {
    const Setting names{.name = "a.b", .type = Type::text_list};
    EXPECT_EQ(
        std::get<std::vector<std::string>>(parse_text(names, "a, b ,,c").value()),
        (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(std::get<std::vector<std::string>>(parse_text(names, "").value()).empty());
}

TEST(Setting, APathIsNotEmpty) {
    const Setting folder{.name = "a.b", .type = Type::path};
    EXPECT_TRUE(parse_text(folder, "/srv"));
    EXPECT_FALSE(parse_text(folder, ""));
}

TEST(Setting, ARefusedSecretIsNotRepeated) {
    const Setting key{.name = "a.key", .type = Type::text, .choices = {"x"}, .is_secret = true};
    const Result<Value> refused = parse_text(key, "hunter2");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("hunter2")));
}

TEST(Setting, AStarStandsForOneName) {
    const Setting pattern{.name = "a.*.b", .type = Type::text};
    EXPECT_TRUE(matches(pattern, "a.x.b"));
    EXPECT_FALSE(matches(pattern, "a.b"));
    EXPECT_FALSE(matches(pattern, "a.x.y.b"));
    EXPECT_FALSE(matches(pattern, "a..b"));
    EXPECT_EQ(environment_name(pattern), "");
    EXPECT_EQ(environment_name(kPort), "DARKROOM_SERVER_PORT");
}

TEST(ServerSettings, NamesVariablesAndFlagsAreUniqueAndDefaultsAreAllowed) {
    std::set<std::string> seen;
    for (const Setting& setting : server_settings()) {
        EXPECT_TRUE(seen.insert(setting.name).second) << setting.name;
        const std::string variable = environment_name(setting);
        EXPECT_TRUE(variable.empty() || seen.insert(variable).second) << variable;
        EXPECT_TRUE(setting.flag.empty() || seen.insert(setting.flag).second) << setting.flag;
        EXPECT_TRUE(check_value(setting, setting.fallback)) << setting.name;
        EXPECT_TRUE(setting.doc.ends_with(".")) << setting.name;
    }
}

}  // namespace
}  // namespace darkroom::config
