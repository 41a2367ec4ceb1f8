// SPDX-License-Identifier: Apache-2.0
#include "engine/text/prompt_syntax.h"

#include <gtest/gtest.h>

namespace darkroom::engine {
namespace {

using Names = std::vector<std::string>;

TEST(UnsupportedSyntax, PlainEmphasisIsFine) {
    for (const char* prompt :
         {"",
          "a cat",
          "[a cat]",
          "((a:1.2) b)",
          "[[a]]",
          "a: b",
          "(a:b)",
          "[a:b]",
          "(a",
          "[a",
          "[a:1.5.2]",
          "http://host:80",
          "(a:1.2.3)",
          "SAND BAND _AND and",
          "a < b > c",
          "<lora>",
          "<lora:>",
          "< lora:x>",
          "a BREAK b"}) {
        EXPECT_EQ(unsupported_syntax(prompt), Names{}) << prompt;
    }
}

TEST(UnsupportedSyntax, NamesPromptEditing) {
    for (const char* prompt :
         {"[cat:dog:0.5]",
          "a [dog:5] b",
          "[cat::.5]",
          "[a:[b:c:6]:3]",
          "[(a:2):3]",
          "[a: 3 ]",
          "[a:-1]",
          "[a:1e-1]",
          "((a][:b:c [d:3]",
          "[a:b]c[d:1]",
          "([a:0.5]",
          "[:1]",
          R"([a\:b:0.5])",
          "[[x]:y\n:0.5]"}) {
        EXPECT_EQ(unsupported_syntax(prompt), Names{"prompt editing"}) << prompt;
    }
}

TEST(UnsupportedSyntax, BracketsThatDoNotFormEditingAreText) {
    for (const char* prompt :
         {"[a:b:c:0.5]",
          "[a:b:0.5",
          "a:b:0.5]",
          R"(\[a:b:0.5\])",
          R"([a:b:0.5\])",
          "[a (b:0.5]",
          "[a) b:0.5]",
          "[a:0.5 b]",
          "(a:b:0.5)",
          "[[a:b]:c:0.5]"}) {
        EXPECT_EQ(unsupported_syntax(prompt), Names{}) << prompt;
    }
}

TEST(UnsupportedSyntax, NamesAlternation) {
    for (const char* prompt : {"[a|b]", "[a|b|c] d", "[|]", "[a|]", "[(a:1.2)|b]", "x [[a|b]] y"}) {
        EXPECT_EQ(unsupported_syntax(prompt), Names{"alternation"}) << prompt;
    }
    EXPECT_EQ(unsupported_syntax("[a|[b:3]]"), (Names{"prompt editing", "alternation"}));
}

TEST(UnsupportedSyntax, ABarOutsideAnAlternationMakesThePromptText) {
    for (const char* prompt :
         {"a | b",
          "[a:b:0.5] | c",
          "[a|b] | c",
          "[a|b:0.5]",
          "(a|b) [c:1]",
          "[a|b",
          "[a:1] [b|",
          "[a|b)",
          "[a:b:0.5] \\",
          "[a:b:0.5] \\\n"}) {
        EXPECT_EQ(unsupported_syntax(prompt), Names{}) << prompt;
    }
    EXPECT_EQ(unsupported_syntax(R"(a \| [b:1])"), Names{"prompt editing"});
}

TEST(UnsupportedSyntax, NamesWholeWordAnd) {
    EXPECT_EQ(unsupported_syntax("a cat AND a dog"), Names{"AND"});
    EXPECT_EQ(unsupported_syntax("AND"), Names{"AND"});
    EXPECT_EQ(unsupported_syntax("a,AND(b)"), Names{"AND"});
    EXPECT_EQ(unsupported_syntax("猫AND犬"), Names{});
}

TEST(UnsupportedSyntax, NamesExtraNetworkTags) {
    EXPECT_EQ(unsupported_syntax("a <lora:x:1>"), Names{"extra network tags"});
    EXPECT_EQ(unsupported_syntax("<<hypernet:x>"), Names{"extra network tags"});
    EXPECT_EQ(
        unsupported_syntax("<lora:a|b:1>[c:1]"), (Names{"prompt editing", "extra network tags"}));
}

TEST(UnsupportedSyntax, AndAndTagsAreTextInANegativePrompt) {
    EXPECT_EQ(unsupported_syntax("a AND b <lora:x:1>", PromptRole::negative), Names{});
    EXPECT_EQ(unsupported_syntax("[a:b:2]", PromptRole::negative), Names{"prompt editing"});
}

TEST(UnsupportedSyntax, HostileTextIsLinear) {
    for (const char* part : {"[", "<", "<a:", "[a:", "[a|", "\\", "AND", "[a:b]", "(("}) {
        std::string prompt;
        while (prompt.size() < 1 << 20)
            prompt += part;
        EXPECT_LE(unsupported_syntax(prompt).size(), 1u) << part;
    }
}

}  // namespace
}  // namespace darkroom::engine
