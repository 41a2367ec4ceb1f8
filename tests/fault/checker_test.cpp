// SPDX-License-Identifier: Apache-2.0
#include "fault/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace darkroom::fault {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

History one_task(Purpose purpose = Purpose::plain) {
    History history;
    history.orders["a"] = {"a", "body", purpose};
    history.events.push_back({Event::Kind::acknowledged, "a"});
    return history;
}

FinalTask drawn(std::string name = "a") {
    return {std::move(name), "succeeded", "succeeded", "", {"digest"}};
}

TEST(Checker, FindsNothingWhereNothingIsWrong) {
    History history = one_task();
    history.events.push_back({Event::Kind::observed, "a", "running"});
    history.events.push_back({Event::Kind::progressed, "a", "", 0.5});
    history.events.push_back({Event::Kind::observed, "a", "succeeded"});
    history.events.push_back({Event::Kind::progressed, "a", "", 1});
    EXPECT_THAT(violations(history, {drawn()}), IsEmpty());
}

TEST(Checker, MissesATaskThatWasAcknowledged) {
    EXPECT_THAT(violations(one_task(), {}), ElementsAre(HasSubstr("I1")));
}

TEST(Checker, AcceptsEitherEndOfASubmitWithoutAnAnswer) {
    History history = one_task();
    history.events.clear();
    EXPECT_THAT(violations(history, {}), IsEmpty());
    EXPECT_THAT(violations(history, {drawn()}), IsEmpty());
}

TEST(Checker, FindsATaskThatIsThereTwice) {
    EXPECT_THAT(violations(one_task(), {drawn(), drawn()}), ElementsAre(HasSubstr("I2")));
}

TEST(Checker, FindsATaskThatNobodyAskedFor) {
    EXPECT_THAT(violations(one_task(), {drawn(), drawn("b")}), ElementsAre(HasSubstr("I1")));
}

TEST(Checker, FindsAnotherBodyUnderTheSameName) {
    History history = one_task();
    history.events.push_back({Event::Kind::other_body_accepted, "a"});
    EXPECT_THAT(violations(history, {drawn()}), ElementsAre(HasSubstr("I2")));
}

TEST(Checker, FindsAnEndThatChanged) {
    History history = one_task();
    history.events.push_back({Event::Kind::observed, "a", "succeeded"});
    history.events.push_back({Event::Kind::observed, "a", "running"});
    EXPECT_THAT(violations(history, {drawn()}), ElementsAre(HasSubstr("I4")));
}

TEST(Checker, FindsAPictureThatIsNotThere) {
    FinalTask task = drawn();
    task.pictures = {""};
    EXPECT_THAT(violations(one_task(), {task}), ElementsAre(HasSubstr("I5")));
    task.pictures = {};
    EXPECT_THAT(violations(one_task(), {task}), ElementsAre(HasSubstr("I5")));
}

TEST(Checker, FindsATaskThatStandsStill) {
    EXPECT_THAT(violations(one_task(), {{"a", "waiting", "queued"}}), ElementsAre(HasSubstr("I7")));
}

TEST(Checker, FindsACancelThatDidNotHold) {
    History history = one_task();
    history.events.push_back({Event::Kind::cancel_acknowledged, "a"});
    EXPECT_THAT(violations(history, {drawn()}), ElementsAre(HasSubstr("I8")));
    EXPECT_THAT(violations(history, {{"a", "cancelled", "cancelled"}}), IsEmpty());
}

TEST(Checker, AFailureNeedsAReasonThatFits) {
    EXPECT_THAT(
        violations(one_task(Purpose::poison), {{"a", "failed", "dead", ""}}),
        ElementsAre(HasSubstr("I11")));
    EXPECT_THAT(
        violations(one_task(), {{"a", "failed", "failed", "no reason to"}}),
        ElementsAre(HasSubstr("a failed")));
    EXPECT_THAT(
        violations(one_task(Purpose::corrupt), {{"a", "failed", "failed", "bad file"}}), IsEmpty());
    EXPECT_THAT(
        violations(one_task(Purpose::corrupt), {drawn()}), ElementsAre(HasSubstr("cannot be")));
}

TEST(Checker, OnlyThePoisonMayBeGivenUp) {
    const FinalTask dead{"a", "failed", "dead", "the engine stopped twice"};
    EXPECT_THAT(violations(one_task(Purpose::poison), {dead}), IsEmpty());
    EXPECT_THAT(violations(one_task(), {dead}), ElementsAre(HasSubstr("died of what another")));
}

TEST(Checker, FindsFullProgressOnlyAfterTheEnd) {
    History history = one_task();
    history.events.push_back({Event::Kind::observed, "a", "succeeded"});
    history.events.push_back({Event::Kind::progressed, "a", "", 0.5});
    EXPECT_THAT(violations(history, {drawn()}), ElementsAre(HasSubstr("I12")));
}

TEST(Checker, FindsEqualRequestsWithOtherPictures) {
    History history = one_task();
    history.orders["b"] = {"b", "body", Purpose::plain};
    FinalTask other = drawn("b");
    EXPECT_THAT(violations(history, {drawn(), other}), IsEmpty());
    other.pictures = {"another"};
    EXPECT_THAT(violations(history, {drawn(), other}), ElementsAre(HasSubstr("I14")));
}

}  // namespace
}  // namespace darkroom::fault
