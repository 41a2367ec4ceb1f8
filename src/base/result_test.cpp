// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace darkroom {
namespace {

Result<int> parse(const std::string& text) {
    if (text.empty()) return Error{ErrorCode::invalid_argument, "empty"};
    return static_cast<int>(text.size());
}

Result<std::string> twice(const std::string& text) {
    DARKROOM_TRY_ASSIGN(const int length, parse(text));
    DARKROOM_TRY(parse(text));
    return std::string(static_cast<std::size_t>(length) * 2, 'x');
}

TEST(Result, PassesValuesAndErrorsThrough) {
    EXPECT_EQ(twice("ab").value(), "xxxx");
    ASSERT_FALSE(twice(""));
    EXPECT_EQ(twice("").error().message, "empty");
}

TEST(Result, CarriesMoveOnlyValues) {
    Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
    const std::unique_ptr<int> taken = *std::move(result);
    EXPECT_EQ(*taken, 7);
}

TEST(Result, AskingForTheWrongSideIsAContractViolation) {
    EXPECT_THROW((void)parse("").value(), ContractViolation);
    EXPECT_THROW((void)parse("a").error(), ContractViolation);
}

}  // namespace
}  // namespace darkroom
