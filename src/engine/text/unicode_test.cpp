// SPDX-License-Identifier: Apache-2.0
#include "engine/text/unicode.h"

#include <gtest/gtest.h>

#include "engine/text/html_entities.h"
#include "engine/text/repair.h"

namespace darkroom::engine {
namespace {

TEST(Unicode, KnowsLettersAndNumbersOfAllScripts) {
    EXPECT_TRUE(is_letter(U'a') && is_letter(U'é') && is_letter(U'Ж') && is_letter(U'日'));
    EXPECT_TRUE(is_letter(0x1D400) && is_letter(U'ʰ') && is_letter(0x30000));
    EXPECT_FALSE(is_letter(U'1') || is_letter(U'_') || is_letter(0x301) || is_letter(U'😀'));
    EXPECT_TRUE(is_number(U'7') && is_number(U'²') && is_number(U'½') && is_number(U'Ⅳ'));
    EXPECT_FALSE(is_number(U'x') || is_number(U'.') || is_number(0x10FFFF));
}

TEST(Unicode, ReadsDigitsOfOtherScripts) {
    EXPECT_EQ(decimal_digit(U'9'), 9);
    EXPECT_EQ(decimal_digit(U'٣'), 3);
    EXPECT_EQ(decimal_digit(0x1D7FF), 9);
    EXPECT_EQ(decimal_digit(U'²'), -1);
    EXPECT_EQ(decimal_digit(U'/'), -1);
    EXPECT_EQ(decimal_digit(U':'), -1);
}

TEST(Unicode, LowersCaseAsPython) {
    EXPECT_EQ(to_lower(U"AZ ÀÞ ŸŹ ǅ Ḁ Ⅳ 𐐀 ẞ"), U"az àþ ÿź ǆ ḁ ⅳ 𐐨 ß");
    EXPECT_EQ(to_lower(U"İ"), U"i\u0307");
    EXPECT_EQ(to_lower(U"ĲĳĹĺ×÷"), U"ĳĳĺĺ×÷");
}

TEST(Unicode, FinalSigmaLooksPastMarksAndApostrophes) {
    EXPECT_EQ(to_lower(U"ΑΣ"), U"ας");
    EXPECT_EQ(to_lower(U"ΑΣΑ ΣΑΣ Σ"), U"ασα σας σ");
    EXPECT_EQ(to_lower(U"Α'Σ\u0301!"), U"α'ς\u0301!");
    EXPECT_EQ(to_lower(U"ΑΣ'Α"), U"ασ'α");
    EXPECT_EQ(to_lower(U"ΑΣΣ"), U"ασς");
}

TEST(Unicode, ComposesCharacters) {
    EXPECT_EQ(normalize_nfc(U"e\u0301"), U"é");
    EXPECT_EQ(normalize_nfc(U"\u1112\u1161\u11AB\u1100\u1173\u11AF"), U"한글");
    EXPECT_EQ(normalize_nfc(U"q\u0307\u0323"), U"q\u0323\u0307");
    EXPECT_EQ(normalize_nfc(U"\u1E0B\u0323"), U"\u1E0D\u0307");
    EXPECT_EQ(normalize_nfc(U"\u212B\u2126\uF900"), U"Å\u03A9\u8C48");
    EXPECT_EQ(normalize_nfc(U"\u0958\u0344"), U"\u0915\u093C\u0308\u0301");
    EXPECT_EQ(normalize_nfc(U"\u0301a"), U"\u0301a");
    EXPECT_EQ(normalize_nfc(U"\u1FB7"), U"\u1FB7");
}

TEST(Unicode, AMillionCombiningMarksAreOrdered) {
    std::u32string text = U"a";
    for (int i = 0; i < 500'000; ++i)
        text += U"\u0301\u0316";
    const std::u32string ordered = normalize_nfc(text);
    EXPECT_EQ(ordered.size(), 1'000'000u);
    EXPECT_EQ(ordered.substr(0, 2), U"á\u0316");
    EXPECT_EQ(ordered.back(), U'\u0301');
}

TEST(HtmlEntities, ReplacesNamesAndNumbers) {
    EXPECT_EQ(unescape_html(U"&lt;&eacute;&EACUTE;&SZLIG;&NotEqualTilde;"), U"<éÉSS≂\u0338");
    EXPECT_EQ(unescape_html(U"&#233;&#xE9;&#XE9;&#x80;"), U"ééé€");
    EXPECT_EQ(
        unescape_html(U"&#0;&#xD800;&#x110000;&#99999999999999999999;"),
        U"\uFFFD\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(unescape_html(U"&#1;&#xFFFF;&#x7F;"), U"");
}

TEST(HtmlEntities, LeavesWhatIsNoReference) {
    for (const char32_t* text :
         {U"&",
          U"&;",
          U"&amp",
          U"&#;",
          U"&#x;",
          U"&#12a;",
          U"&#59;",
          U"&Eacutes;",
          U"& amp;",
          U"&CounterClockwiseContourIntegral;",
          U"&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;"}) {
        EXPECT_EQ(unescape_html(text), text);
    }
    EXPECT_EQ(unescape_html(U"&&amp;"), U"&&");
}

TEST(RepairText, BringsCharactersToTheirUsualForm) {
    EXPECT_EQ(repair_text(U"“a” ‘b’ ﬁne ŉ Ｆｕｌｌ１　ﾊﾟ"), U"\"a\" 'b' fine 'n Full1 パ");
    EXPECT_EQ(repair_text(U"a\r\nb\rc\u2028d\u2029e"), U"a\nb\nc\nd\ne");
    EXPECT_EQ(repair_text(U"\uFEFFa\u0007\u007F\u206Ab\uFFFC"), U"ab");
    EXPECT_EQ(repair_text(U"\x1B[36;44mblue\x1B[0m \x1B[z\x1B[1"), U"blue [1");
    EXPECT_EQ(repair_text(U"\u0093x\u0085\u0081"), U"\"x…\u0081");
}

TEST(RepairText, RepeatsUntilNothingChanges) {
    EXPECT_EQ(repair_text(U"&amp;amp;lt;"), U"<");
    EXPECT_EQ(repair_text(U"＆amp;eacute;"), U"é");
}

TEST(RepairText, AnAngleEndsUnescapingForTheLinesAfterIt) {
    EXPECT_EQ(repair_text(U"&amp;\n<\n&amp;"), U"&\n<\n&amp;");
}

}  // namespace
}  // namespace darkroom::engine
