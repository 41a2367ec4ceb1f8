// SPDX-License-Identifier: Apache-2.0
#include "api/dry_run.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

TEST(DryRun, SaysWhatWouldBeDrawnAndHowLongThePromptsAre) {
    domain::Generation generation;
    generation.model = "icons";
    generation.iterations = 2;
    generation.batch_size = 3;
    generation.steps = 10;
    generation.width = 64;
    generation.height = 32;
    EXPECT_EQ(
        json::dump(dry_run_body(generation, {{80, 2}, {0, 1}}, 1.5)),
        R"({"dryRun":true,"model":"icons","pictures":6,"width":64,"height":32,"steps":10,)"
        R"("stepPixels":122880,"predictedSeconds":1.5,"prompt":{"tokens":80,"chunks":2},)"
        R"("negativePrompt":{"tokens":0,"chunks":1}})");
}

TEST(DryRun, SaysHowLargeEnlargedPicturesWouldBe) {
    EXPECT_EQ(
        json::dump(dry_run_body(ExtrasForecast{2, 4096, 0.25})),
        R"({"dryRun":true,"pictures":2,"pixels":4096,"predictedSeconds":0.25})");
}

}  // namespace
}  // namespace darkroom::api
