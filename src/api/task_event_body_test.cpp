// SPDX-License-Identifier: Apache-2.0
#include "api/task_event_body.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

domain::TaskEvent event(domain::TaskEventKind kind) {
    domain::TaskEvent event{.task = domain::TaskId::random()};
    event.kind = kind;
    event.task_name = "order-1";
    event.attempt = 2;
    event.wall_ms = 42;
    return event;
}

TEST(TaskEventBody, AWaitingTaskHasAPlaceInTheQueue) {
    EXPECT_EQ(
        json::dump(task_event_body(event(domain::TaskEventKind::requeued), QueueStanding{3, 1.5})),
        R"({"taskId":"order-1","status":"waiting","progress":0.0,"etaRelative":0.0,)"
        R"("currentImage":"","queuePosition":3,"etaSeconds":1.5,"kind":"requeued","attempt":2,"timeMs":42})");
    const auto running =
        task_event_body(event(domain::TaskEventKind::running), QueueStanding{3, 1.5});
    EXPECT_EQ(running.find("queuePosition"), nullptr);
}

TEST(TaskEventBody, AFailureSaysWhyAndIsTheEndOfProgress) {
    domain::TaskEvent failed = event(domain::TaskEventKind::dead);
    failed.message = "gave up";
    EXPECT_EQ(
        json::dump(task_event_body(failed, {})),
        R"({"taskId":"order-1","status":"failed","progress":1.0,"etaRelative":0.0,)"
        R"("currentImage":"","message":"gave up","kind":"dead","attempt":2,"timeMs":42})");
}

}  // namespace
}  // namespace darkroom::api
