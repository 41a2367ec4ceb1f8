// SPDX-License-Identifier: Apache-2.0
#include "base/password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace darkroom {
namespace {

using ::testing::MatchesRegex;

constexpr ScryptCost kQuick{.log2_n = 4, .r = 1, .p = 1};

TEST(Password, MatchesTheHashOfItselfOnly) {
    const std::string hash = hash_password("correct horse", kQuick);
    EXPECT_THAT(hash, MatchesRegex("scrypt\\$4\\$1\\$1\\$[0-9a-f]{32}\\$[0-9a-f]{64}"));
    EXPECT_TRUE(password_matches("correct horse", hash));
    EXPECT_FALSE(password_matches("correct horse ", hash));
    EXPECT_FALSE(password_matches("", hash));
    EXPECT_NE(hash_password("correct horse", kQuick), hash) << "two salts are equal";
}

TEST(Password, DerivesTheKeyOfRfc7914) {
    // Section 12: P="pleaseletmein", S="SodiumChloride", N=16384, r=8, p=1; its first 32 bytes.
    EXPECT_TRUE(password_matches(
        "pleaseletmein",
        "scrypt$14$8$1$SodiumChloride$"
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"));
}

TEST(Password, MalformedAndGreedyHashesMatchNothing) {
    for (const char* hash :
         {"",
          "plain text",
          "scrypt$4$1$1$salt",
          "scrypt$4$1$1$salt$",
          "scrypt$-4$1$1$salt$00",
          "scrypt$4$1$1x$salt$00",
          "scrypt$63$8$1$salt$00",
          "scrypt$20$32$1$salt$00",
          "scrypt$4$1$4294967295$salt$00",
          "bcrypt$4$1$1$salt$00"}) {
        EXPECT_FALSE(password_matches("", hash)) << hash;
    }
}

}  // namespace
}  // namespace darkroom
