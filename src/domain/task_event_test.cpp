// SPDX-License-Identifier: Apache-2.0
#include "domain/task_event.h"

#include <gtest/gtest.h>

namespace darkroom::domain {
namespace {

TEST(TaskEvent, EveryKindIsReadBackFromItsWord) {
    for (const TaskEventKind kind : kTaskEventKinds) {
        EXPECT_EQ(parse_task_event_kind(to_string(kind)).value(), kind) << to_string(kind);
    }
    EXPECT_EQ(parse_task_event_kind("queued").error().field, "kind");
}

TEST(TaskEvent, EveryChangeOfStateIsAnEventThatLeadsToThatState) {
    for (const TaskState before : kTaskStates) {
        for (const TaskState state : kTaskStates) {
            Task task{.id = TaskId::random()};
            task.state = state;
            const auto event = event_of_change(before, task, 7);
            EXPECT_EQ(event.has_value(), before != state);
            if (!event) continue;
            EXPECT_EQ(state_after(event->kind), state);
            EXPECT_EQ(event->wall_ms, 7);
        }
    }
}

TEST(TaskEvent, SaysWhoseTaskItIsAndWhyItEnded) {
    Task task{.id = TaskId::random()};
    task.tenant = "studio";
    task.idempotency_key = "order-1";
    task.attempt = 3;
    task.state = TaskState::failed;
    task.error = Error{ErrorCode::internal, "it broke"};
    const TaskEvent event = event_of_change(TaskState::running, task, 7).value();
    EXPECT_EQ(event.task, task.id);
    EXPECT_EQ(event.tenant, "studio");
    EXPECT_EQ(event.task_name, "order-1");
    EXPECT_EQ(event.attempt, 3);
    EXPECT_EQ(event.kind, TaskEventKind::failed);
    EXPECT_EQ(event.message, "it broke");
}

TEST(TaskEvent, ANewRowIsSubmittedAtItsCreation) {
    Task task{.id = TaskId::random()};
    task.created_ms = 42;
    const TaskEvent event = submitted_event(task);
    EXPECT_EQ(event.kind, TaskEventKind::submitted);
    EXPECT_EQ(event.wall_ms, 42);
}

}  // namespace
}  // namespace darkroom::domain
