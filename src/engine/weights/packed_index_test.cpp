// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/packed_index.h"

#include <gtest/gtest.h>

namespace darkroom::engine {
namespace {

const std::string kDigest(64, 'a');

std::string index_with(const std::string& entry) {
    return R"({"checkpoint_sha256": "c", "fingerprint": "f", "entries": {"x": )" + entry + "}}";
}

TEST(PackedIndex, ReadsWhatItWrote) {
    PackedIndex index{{"abc", "cpu/avx2/f32"}, {}};
    index.entries["own"] = {"panels", 300, kDigest, 128, ""};
    index.entries["shared"] = {"f32", 40, kDigest, 0, "b.packed"};
    const auto again = parse_packed_index(packed_index_json(index));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->identity, index.identity);
    ASSERT_EQ(again->entries.size(), 2u);
    const PackedIndex::Entry& own = again->entries.at("own");
    EXPECT_EQ(own.tag, "panels");
    EXPECT_EQ(own.size_bytes, 300u);
    EXPECT_EQ(own.sha256, kDigest);
    EXPECT_EQ(own.offset_bytes, 128u);
    EXPECT_EQ(own.owner, "");
    EXPECT_EQ(again->entries.at("shared").owner, "b.packed");
}

TEST(PackedIndex, OwnersAreFilesOfTheSameFolder) {
    const auto with_owner = [](const std::string& name) {
        return parse_packed_index(
            index_with(R"(["f32", ")" + name + R"(", 40, ")" + kDigest + R"("])"));
    };
    EXPECT_TRUE(with_owner("b.packed"));
    for (const char* name : {"", ".packed", "../b.packed", "/b.packed", "b.safetensors", "b"}) {
        EXPECT_FALSE(with_owner(name)) << name;
    }
}

TEST(PackedIndex, OtherShapesAreDamage) {
    const std::string digest = "\"" + kDigest + "\"";
    ASSERT_TRUE(parse_packed_index(index_with(R"(["f32", 64, 40, )" + digest + "]")));
    for (const std::string& entry :
         {std::string("1"),
          std::string("[]"),
          R"(["f32", 64, 40])" + std::string(),
          R"(["f32", -64, 40, )" + digest + "]",
          R"(["f32", 64, -1, )" + digest + "]",
          R"([1, 64, 40, )" + digest + "]",
          std::string(R"(["f32", 64, 40, 17])"),
          std::string(R"(["f32", 64, 40, "short"])")}) {
        const auto index = parse_packed_index(index_with(entry));
        ASSERT_FALSE(index) << entry;
        EXPECT_EQ(index.error().code, ErrorCode::corrupt_input);
    }
    for (const char* text : {"", "[]", "{}", R"({"checkpoint_sha256": "c", "fingerprint": "f"})"}) {
        EXPECT_FALSE(parse_packed_index(text)) << text;
    }
}

}  // namespace
}  // namespace darkroom::engine
