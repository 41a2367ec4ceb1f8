// SPDX-License-Identifier: Apache-2.0
#include "api/refusal.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

std::string text(const Refusal& refusal) {
    return std::to_string(refusal.status) + " " + json::dump(refusal.body);
}

TEST(Refusal, HasA1111sShapes) {
    EXPECT_EQ(text(route_not_found()), R"(404 {"detail":"Not Found"})");
    EXPECT_EQ(text(method_not_allowed()), R"(405 {"detail":"Method Not Allowed"})");
    EXPECT_EQ(
        text(http_exception(422, "Script 'x' not found")),
        R"(422 {"error":"HTTPException","detail":"Script 'x' not found","body":"","errors":""})");
    EXPECT_EQ(
        text(python_exception("AssertionError", "")),
        R"(500 {"error":"AssertionError","detail":"","body":"","errors":""})");
    EXPECT_EQ(
        text(key_error("foo")),
        R"(500 {"error":"KeyError","detail":"","body":"","errors":"'foo'"})");
    EXPECT_EQ(
        text(validation_refusal(
            {{{"body", "steps"}, "bad", "type_error.integer"},
             {{"body", "styles", 1}, "small", "value_error", json::Object{{"limit_value", 1}}}})),
        R"(422 {"detail":[{"loc":["body","steps"],"msg":"bad","type":"type_error.integer"},)"
        R"({"loc":["body","styles",1],"msg":"small","type":"value_error","ctx":{"limit_value":1}}]})");
}

TEST(Refusal, AnErrorWithAFieldIsAValidationEntry) {
    EXPECT_EQ(
        text(refusal_from({ErrorCode::invalid_argument, "too wide", "width"})),
        R"(422 {"detail":[{"loc":["body","width"],"msg":"too wide","type":"value_error"}]})");
    EXPECT_EQ(
        text(refusal_from({ErrorCode::invalid_argument, "odd"})),
        R"(422 {"detail":[{"loc":["body"],"msg":"odd","type":"value_error"}]})");
}

TEST(Refusal, OtherErrorsKeepTheirStatus) {
    const std::pair<ErrorCode, int> cases[] = {
        {ErrorCode::unauthenticated, 401},
        {ErrorCode::not_found, 404},
        {ErrorCode::payload_too_large, 413},
        {ErrorCode::resource_exhausted, 429},
        {ErrorCode::unavailable, 503},
        {ErrorCode::deadline_exceeded, 504},
        {ErrorCode::insufficient_storage, 507}};
    for (const auto& [code, status] : cases) {
        const Refusal refusal = refusal_from({code, "why"});
        EXPECT_EQ(refusal.status, status);
        EXPECT_EQ(refusal.body["error"], json::Value("HTTPException"));
        EXPECT_EQ(refusal.body["detail"], json::Value("why"));
    }
    EXPECT_EQ(
        text(refusal_from({ErrorCode::internal, "why"})),
        R"(500 {"error":"RuntimeError","detail":"","body":"","errors":"why"})");
}

}  // namespace
}  // namespace darkroom::api
