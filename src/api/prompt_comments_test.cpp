// SPDX-License-Identifier: Apache-2.0
#include "api/prompt_comments.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

TEST(PromptComments, AreRemovedAsA1111Does) {
    const std::pair<const char*, const char*> cases[] = {
        {"", ""},
        {"a cat\nb", "a cat\nb"},
        {"c#d", "c\n"},
        {"c # d\ne", "c \ne"},
        {"c # d", "c \n"},
        {"#", "\n"},
        {"#one\na", "\na"},
        {"a\n#one\nb", "a\nb"},
        {"\n#a", "\n"},
        {"a\n#b", "a\n"},
        {"#a\n#b\nc", "\n\nc"},
        {"a\n#x\n#y\nb", "a\n\nb"},
        {"##\n#\n", "\n\n"},
        {"#one\na # two\n#three\nb", "\na \nb"},
    };
    for (const auto& [prompt, kept] : cases)
        EXPECT_EQ(strip_comments(prompt), kept) << prompt;
}

TEST(PromptComments, HostileTextIsLinear) {
    EXPECT_EQ(strip_comments(std::string(1 << 20, '#')), "\n");
    std::string prompt;
    while (prompt.size() < 1 << 20)
        prompt += "\n#";
    EXPECT_EQ(strip_comments(prompt).find('#'), std::string::npos);
}

}  // namespace
}  // namespace darkroom::api
