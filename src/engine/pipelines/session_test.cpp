// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "engine/pipelines/session_fixture.h"

namespace darkroom::engine {
namespace {

TEST_F(SessionTest, RequestsShareUnetCallsAndGetTheBytesTheyGetAlone) {
    const ImageRequest first = request("Euler a", 4, 1);
    const ImageRequest second = request("Heun", 3, 2);
    ImageRequest third = request("DPM++ 2M", 5, 3);
    third.cfg_scale = 1.0F;
    Session session;
    ASSERT_TRUE(session.add(1, model(), first));
    ASSERT_TRUE(session.add(2, model(), second));
    ASSERT_TRUE(session.add(3, model(), third));
    std::vector<int> widths;
    const auto ended = run(session, &widths);
    // Two rows with guidance, one without.
    EXPECT_EQ(widths.front(), 5);
    EXPECT_EQ(ended.at(1).value(), alone(first));
    EXPECT_EQ(ended.at(2).value(), alone(second));
    EXPECT_EQ(ended.at(3).value(), alone(third));
}

TEST_F(SessionTest, PromptsOfDifferentLengthShareACall) {
    const ImageRequest brief = request("Euler", 2, 1);
    ImageRequest wordy = request("Euler", 2, 2);
    for (int i = 0; i < 100; ++i)
        wordy.prompt += " apple,";
    Session session;
    ASSERT_TRUE(session.add(1, model(), brief));
    ASSERT_TRUE(session.add(2, model(), wordy));
    std::vector<int> widths;
    const auto ended = run(session, &widths);
    EXPECT_EQ(widths.front(), 4);
    EXPECT_EQ(ended.at(1).value(), alone(brief));
    EXPECT_EQ(ended.at(2).value(), alone(wordy));
}

TEST_F(SessionTest, APictureOfABatchEqualsASinglePictureWithItsSeed) {
    ImageRequest batch = request("Euler a", 2, 10);
    batch.batch_size = 2;
    batch.iterations = 2;
    const Pictures pictures = alone(batch);
    ASSERT_EQ(pictures.size(), 4u);
    EXPECT_EQ(pictures[3], alone(request("Euler a", 2, 13)).front());
    EXPECT_NE(pictures[0], pictures[1]);
}

TEST_F(SessionTest, TheWidthOfACallIsBounded) {
    ImageRequest wide = request("Euler", 1, 1);
    wide.batch_size = 8;
    Session session({.max_width = 6});
    ASSERT_TRUE(session.add(1, model(), wide));
    std::vector<int> widths;
    run(session, &widths);
    for (const int width : widths)
        EXPECT_LE(width, 6);
}

TEST_F(SessionTest, DifferentSizesDoNotShareACall) {
    ImageRequest tall = request("Euler", 1, 1);
    tall.height = 72;
    Session session;
    ASSERT_TRUE(session.add(1, model(), tall));
    ASSERT_TRUE(session.add(2, model(), request("Euler", 1, 1)));
    std::vector<int> widths;
    const auto ended = run(session, &widths);
    EXPECT_EQ(widths, (std::vector<int>{2, 2}));
    EXPECT_EQ(ended.at(1).value().front().height, 72u);
}

TEST_F(SessionTest, AnInterruptEndsWithThePicturesBegun) {
    ImageRequest long_request = request("Euler", 500, 1);
    long_request.iterations = 3;
    Session session;
    ASSERT_TRUE(session.add(1, model(), long_request));
    for (int i = 0; i < 4; ++i)
        session.step();
    session.interrupt(1);
    EXPECT_EQ(run(session).at(1).value().size(), 1u);
}

TEST_F(SessionTest, ARequestThatIsRemovedIsForgotten) {
    Session session;
    ASSERT_TRUE(session.add(1, model(), request("Euler", 50, 1)));
    ASSERT_TRUE(session.add(2, model(), request("Euler", 2, 1)));
    session.step();
    session.step();
    session.remove(1);
    const auto ended = run(session);
    EXPECT_FALSE(ended.contains(1));
    EXPECT_TRUE(ended.at(2).has_value());
}

TEST_F(SessionTest, AFailingRequestLeavesItsBatchMatesAlone) {
    ImageRequest bad = request("Euler", 2, 1);
    bad.prompt = "(x:1.2.3)";
    const ImageRequest good = request("Euler", 2, 1);
    Session session;
    ASSERT_TRUE(session.add(1, model(), bad));
    ASSERT_TRUE(session.add(2, model(), good));
    const auto ended = run(session);
    EXPECT_EQ(ended.at(1).error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(ended.at(2).value(), alone(good));
}

TEST_F(SessionTest, ProgressCountsStepsOverAllPictures) {
    ImageRequest two = request("Euler", 3, 1);
    two.batch_size = 2;
    Session session;
    ASSERT_TRUE(session.add(1, model(), two));
    session.step();
    session.step();
    const auto progress = session.progress(1);
    ASSERT_TRUE(progress);
    EXPECT_EQ(progress->total_steps, 6);
    EXPECT_EQ(progress->finished_steps, 2);
    EXPECT_FALSE(session.progress(2));
}

TEST_F(SessionTest, WhatCannotBeDrawnIsRefused) {
    Session session;
    for (const auto& change : std::vector<std::function<void(ImageRequest&)>>{
             [](ImageRequest& r) { r.steps = 0; },
             [](ImageRequest& r) { r.steps = 1001; },
             [](ImageRequest& r) { r.width = 65; },
             [](ImageRequest& r) { r.height = 0; },
             [](ImageRequest& r) { r.batch_size = 65; },
             [](ImageRequest& r) { r.width = r.height = 8192; },
             [](ImageRequest& r) { r.sampler = "Nonsense"; },
             [](ImageRequest& r) { r.schedule = "nonsense"; }}) {
        ImageRequest changed = request("Euler", 1, 1);
        change(changed);
        const auto added = session.add(1, model(), changed);
        ASSERT_FALSE(added);
        EXPECT_EQ(added.error().code, ErrorCode::invalid_argument);
        EXPECT_FALSE(added.error().field.empty());
    }
    EXPECT_TRUE(session.idle());
}

}  // namespace
}  // namespace darkroom::engine
