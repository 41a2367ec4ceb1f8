// SPDX-License-Identifier: Apache-2.0
#include "engine/text/tokenizer.h"

#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"
#include "json/json.h"

namespace darkroom::engine {
namespace {

using Ids = std::vector<std::int32_t>;

class Tokenizer : public testing::Test {
  protected:
    static Ids encode(std::string_view text) {
        static const std::shared_ptr<const ClipTokenizer> kBundled = ClipTokenizer::bundled();
        return kBundled->encode(text);
    }
};

json::Value golden() {
    const auto text = read_file(DARKROOM_SOURCE_DIR "/tests/golden/tokenizer.json", 1 << 22);
    return json::parse(text.value()).value();
}

bool is_fixed(const json::Value& row) {
    const json::Value* fixed = row.find("fixed");
    return fixed != nullptr && fixed->as_bool();
}

Ids wanted_ids(const json::Value& row) {
    Ids ids;
    for (const json::Value& id : row["ids"].as_array())
        ids.push_back(static_cast<std::int32_t>(id.as_integer()));
    return ids;
}

TEST_F(Tokenizer, GivesTheReferenceIdsOfAllGoldenTexts) {
    const json::Value file = golden();
    int compared = 0;
    for (const json::Value& row : file["rows"].as_array()) {
        if (is_fixed(row)) continue;
        EXPECT_EQ(encode(row["text"].as_string()), wanted_ids(row)) << row["text"].as_string();
        ++compared;
    }
    EXPECT_EQ(compared, 214);
}

TEST_F(Tokenizer, RepairsTextAsFtfyDoesExceptForTwoWrongDecodings) {
    const json::Value file = golden();
    Ids different;
    std::int32_t index = 0;
    int compared = 0;
    for (const json::Value& row : file["rows"].as_array()) {
        if (is_fixed(row)) {
            ++compared;
            if (encode(row["text"].as_string()) != wanted_ids(row)) different.push_back(index);
        }
        ++index;
    }
    EXPECT_EQ(compared, 16);
    // "âœ” No problems (mojibake) Ã©tÃ©" and "schÃ¶n l'été".
    EXPECT_EQ(different, (Ids{38, 39}));
}

TEST_F(Tokenizer, TreatsEveryKindOfWhiteSpaceAsASpace) {
    const Ids plain = encode("a red fox");
    EXPECT_EQ(encode("\xC2\xA0 a\t\nred\xE3\x80\x80\r\nfox\xE2\x80\xA8"), plain);
}

TEST_F(Tokenizer, LowersCaseAsUnicodeDoes) {
    EXPECT_EQ(encode("ÀÉÎ ЖЩЯ ΛΜΩ"), encode("àéî жщя λμω"));
    EXPECT_EQ(encode("ΟΔΟΣ ΣΟΣΑ"), encode("οδος σοσα"));
}

TEST_F(Tokenizer, ReadsHtmlReferencesOnlyInTextWithoutAnglesLikeFtfy) {
    EXPECT_EQ(encode("caf&eacute; &amp;amp; bar"), encode("café & bar"));
    EXPECT_EQ(encode("caf&EACUTE; &#xe9;&#233;"), encode("cafÉ éé"));
    EXPECT_NE(encode("<b caf&eacute;"), encode("<b café"));
    EXPECT_EQ(encode("this&not that &unknown;"), encode("this & not that & unknown ;"));
}

TEST_F(Tokenizer, SpellsSpecialTokensOut) {
    EXPECT_EQ(encode("<|endoftext|>"), (Ids{ClipTokenizer::kEndToken}));
    EXPECT_EQ(encode("a<|startoftext|>a"), (Ids{320, ClipTokenizer::kStartToken, 320}));
    EXPECT_EQ(encode("<|ENDOFTEXT|>"), (Ids{ClipTokenizer::kEndToken}));
}

TEST_F(Tokenizer, FollowsThePatternsCaseFolding) {
    // Ids from transformers 4.30.2 with ftfy 6.1.3 and regex.
    EXPECT_EQ(encode("Q's'\u017Fthe"), (Ids{336, 568, 6, 129, 379, 518}));
    EXPECT_EQ(encode("the\u0345 'T"), (Ids{518, 713}));
}

TEST_F(Tokenizer, CommaEndsAWord) {
    EXPECT_EQ(encode(","), (Ids{ClipTokenizer::kCommaToken}));
}

TEST_F(Tokenizer, MalformedUtf8CountsAsReplacementCharacters) {
    EXPECT_EQ(encode("a \xFF b"), encode("a \xEF\xBF\xBD b"));
    EXPECT_EQ(encode("\xED\xA0\x80"), encode("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
    EXPECT_EQ(encode("\xC3"), encode("\xEF\xBF\xBD"));
}

TEST_F(Tokenizer, DropsNulBytes) {
    EXPECT_EQ(encode(std::string_view("a\0b\0", 4)), encode("ab"));
}

TEST_F(Tokenizer, AMegabyteWithoutSpacesTakesUnderASecond) {
    const std::string letters = "supercalifragilisticexpialidocious";
    std::string text;
    while (text.size() < 1 << 20)
        text += letters;
    const std::clock_t start = std::clock();
    const Ids ids = encode(text);
    [[maybe_unused]] const std::clock_t taken = std::clock() - start;
    EXPECT_GT(ids.size(), text.size() / 16);
#ifndef DARKROOM_SANITIZED
    EXPECT_LT(taken, CLOCKS_PER_SEC);
#endif
}

TEST_F(Tokenizer, NestedReferencesTakeBoundedTime) {
    std::string text;
    while (text.size() < 1 << 20)
        text += "&amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;amp;";
    EXPECT_FALSE(encode(text).empty());
}

TEST_F(Tokenizer, CutShortVocabularyIsAnError) {
    const auto file =
        MappedFile::open(DARKROOM_SOURCE_DIR "/build/vocabulary/bpe_simple_vocab_16e6.txt.gz");
    ASSERT_TRUE(file.has_value());
    const auto cut = ClipTokenizer::from_gzip(file->bytes().first(10'000));
    ASSERT_FALSE(cut.has_value());
    EXPECT_EQ(cut.error().code, ErrorCode::corrupt_input);
    EXPECT_FALSE(ClipTokenizer::from_gzip({}).has_value());
    EXPECT_TRUE(ClipTokenizer::from_gzip(file->bytes()).has_value());
}

}  // namespace
}  // namespace darkroom::engine
