// SPDX-License-Identifier: Apache-2.0
#include "config/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "config/toml_file.h"

namespace darkroom::config {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kMaxDocument = std::size_t{1} << 20;

TEST(Document, TheFileInTheRepositoryIsCurrent) {
    const std::string file =
        read_file(DARKROOM_SOURCE_DIR "/docs/configuration.md", kMaxDocument).value();
    EXPECT_EQ(file, document(server_settings()))
        << "darkroom config docs > docs/configuration.md makes it anew";
}

TEST(Document, EverySettingIsInIt) {
    const std::string text = document(server_settings());
    for (const Setting& setting : server_settings()) {
        EXPECT_THAT(text, HasSubstr(setting.doc));
        EXPECT_THAT(text, HasSubstr(environment_name(setting)));
        EXPECT_THAT(text, HasSubstr(setting.flag));
    }
}

TEST(Show, ValuesHaveTheirOriginAndSecretsAreHidden) {
    const Settings settings = {
        {.name = "a.key", .type = Type::text, .fallback = std::string(), .is_secret = true},
        {.name = "a.name", .type = Type::text, .fallback = std::string("x\"y\n")}};
    const Loaded loaded = load(settings, {.environment = {{"DARKROOM_A_KEY", "hunter2"}}});
    const std::string text = show(settings, loaded.configuration);
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
    EXPECT_THAT(text, HasSubstr("a.key = \"(secret)\"  # DARKROOM_A_KEY"));
    EXPECT_THAT(text, HasSubstr("# default"));
    const TomlValues again = parse_toml(settings, text, "f");
    EXPECT_TRUE(again.problems.empty()) << render(again.problems);
    EXPECT_EQ(std::get<std::string>(again.values.at("a.name").value), "x\"y\n");
}

}  // namespace
}  // namespace darkroom::config
