// SPDX-License-Identifier: Apache-2.0
#include "control/progress_table.h"

#include <gtest/gtest.h>

namespace darkroom::control {
namespace {

LiveTask task_of(const std::string& tenant, const std::string& name) {
    LiveTask task;
    task.id = domain::TaskId::random();
    task.tenant = tenant;
    task.name = name;
    return task;
}

TEST(ProgressTable, ShowsTheTaskThatIsDrawnBeforeOnesThatWait) {
    ProgressTable table;
    const LiveTask first = task_of("a", "one");
    const LiveTask second = task_of("a", "two");
    table.add(first);
    table.add(second);
    EXPECT_EQ(table.find("a", std::nullopt)->name, "one");
    table.hold(second.id);
    EXPECT_EQ(table.find("a", std::nullopt)->name, "two");
    EXPECT_EQ(table.find("a", "one")->name, "one");
    table.remove(second.id);
    EXPECT_EQ(table.find("a", std::nullopt)->name, "one");
}

TEST(ProgressTable, ATenantSeesOnlyItsOwn) {
    ProgressTable table;
    table.add(task_of("a", "one"));
    EXPECT_FALSE(table.find("b", std::nullopt));
    EXPECT_FALSE(table.find("b", "one"));
    EXPECT_TRUE(table.interrupt("b", std::nullopt).empty());
}

TEST(ProgressTable, InterruptReachesWhatIsDrawnAndNotWhatWaits) {
    ProgressTable table;
    const LiveTask drawn = task_of("a", "one");
    table.add(drawn);
    table.add(task_of("a", "two"));
    table.hold(drawn.id);
    EXPECT_EQ(table.interrupt("a", std::nullopt), std::vector{drawn.id});
    EXPECT_TRUE(table.find("a", "one")->is_interrupted);
}

TEST(ProgressTable, ATaskIsFoundByItsId) {
    ProgressTable table;
    const LiveTask first = task_of("a", "one");
    const LiveTask second = task_of("b", "one");
    EXPECT_TRUE(table.add(first));
    EXPECT_TRUE(table.add(second));
    EXPECT_FALSE(table.add(second));
    table.set_created(second.id, 17);
    EXPECT_EQ(table.find(first.id)->tenant, "a");
    EXPECT_EQ(table.find(second.id)->tenant, "b");
    EXPECT_EQ(table.find(second.id)->created_ms, 17);
    table.remove(second.id);
    EXPECT_FALSE(table.find(second.id));
    EXPECT_FALSE(table.find(domain::TaskId::random()));
}

TEST(ProgressTable, ANewLeaseBeginsFromZero) {
    ProgressTable table;
    const LiveTask task = task_of("a", "one");
    table.add(task);
    table.hold(task.id);
    cluster::Progress progress;
    progress.id = {task.id.text(), 1};
    progress.finished_steps = 7;
    table.update(progress);
    EXPECT_EQ(table.find("a", std::nullopt)->progress.finished_steps, 7);
    table.release(task.id);
    table.hold(task.id);
    EXPECT_EQ(table.find("a", std::nullopt)->progress.finished_steps, 0);
}

}  // namespace
}  // namespace darkroom::control
