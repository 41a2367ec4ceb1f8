// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Sha256, MatchesTheStandardsExamples) {
    EXPECT_EQ(
        sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
    Sha256 hash;
    hash.update("a");
    hash.update("bc");
    EXPECT_EQ(hash.hex(), sha256_hex("abc"));
}

TEST(Sha256, AMissingFileIsAnError) {
    EXPECT_EQ(sha256_file("/nonexistent").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace darkroom
