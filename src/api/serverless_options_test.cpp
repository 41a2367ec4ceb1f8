// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

using ::testing::HasSubstr;

Options changed(const std::string& body, const Options& before = {}) {
    const auto order = parse_options_order(body);
    return apply(order.value(), before, {}).value();
}

std::string refusal(const std::string& body) {
    const auto order = parse_options_order(body);
    const Refusal refused = order ? apply(*order, {}, {}).error() : order.error();
    return std::to_string(refused.status) + " " + refused.body["message"].as_string();
}

TEST(ServerlessOptions, ASnapshotReplacesTheOneBefore) {
    const Options first = changed(R"({"data": {"CLIP_stop_at_last_layers": 2}})");
    const Options second = changed(R"({"data": {"eta_ancestral": 0.5}})", first);
    EXPECT_EQ(json::dump(second.changes()), R"({"eta_ancestral":0.5})");
}

TEST(ServerlessOptions, AMergeKeepsWhatItDoesNotName) {
    const Options first = changed(R"({"data": {"CLIP_stop_at_last_layers": 2}})");
    const Options second = changed(R"({"data": {"eta_ancestral": 0.5}, "merge": true})", first);
    EXPECT_EQ(second.integer("CLIP_stop_at_last_layers"), 2);
    EXPECT_EQ(second.number("eta_ancestral"), 0.5);
}

TEST(ServerlessOptions, OnlyTheListedOptionsAreTaken) {
    EXPECT_EQ(
        refusal(R"({"data": {"samples_filename_pattern": "../x"}})"),
        "422 samples_filename_pattern: no such option");
    EXPECT_THAT(refusal(R"({"data": {"CLIP_stop_at_last_layers": 99}})"), HasSubstr("422"));
    EXPECT_THAT(
        refusal(R"({"data": {"sd_model_checkpoint": "nonsense"}})"),
        HasSubstr("unknown checkpoint"));
}

TEST(ServerlessOptions, ABodyWithoutOptionsIsRefused) {
    for (const char* body : {"", "[]", "null", "{}", R"({"data": null})", R"({"data": []})"})
        EXPECT_THAT(refusal(body), HasSubstr("400 ")) << body;
    EXPECT_THAT(refusal(R"({"data": {}, "merge": 1})"), HasSubstr("422 merge"));
    EXPECT_THAT(refusal(R"({"data": {}, "extra": 1})"), HasSubstr("422 extra"));
}

TEST(ServerlessOptions, TheBodySaysOnlyWhatIsChanged) {
    const Options options = changed(R"({"data": {"eta_ancestral": 0.5}})");
    EXPECT_EQ(
        json::dump(serverless_options_body(options, 7)),
        R"({"data":{"eta_ancestral":0.5},"version":7})");
}

}  // namespace
}  // namespace darkroom::api
