// SPDX-License-Identifier: Apache-2.0
#include "contract/task_store_fixture.h"

namespace darkroom::storage {
namespace {

class TaskRetentionContract : public TaskStoreContract {
  protected:
    /// A task of that tenant that is cancelled now.
    domain::TaskId ended(const std::string& tenant) {
        domain::NewTask request = new_task();
        request.tenant = tenant;
        const domain::TaskId id = submit(std::move(request));
        EXPECT_TRUE(wait(*store, &TaskStore::cancel, id));
        return id;
    }

    std::vector<domain::TaskId> list(EndedFilter filter) {
        const auto ended = wait(*store, &TaskStore::list_ended, std::move(filter)).value();
        std::vector<domain::TaskId> ids;
        for (const EndedTask& task : ended)
            ids.push_back(task.id);
        return ids;
    }
};

using Ids = std::vector<domain::TaskId>;

TEST_P(TaskRetentionContract, OnlyTasksThatEndedBeforeTheTimeAreListedOldestFirst) {
    submit();
    const domain::TaskId first = ended("studio");
    clock.now_ms += 10;
    const domain::TaskId second = ended("studio");
    clock.now_ms += 10;
    ended("studio");
    EXPECT_EQ(list({.before_ms = clock.now_ms}), (Ids{first, second}));
    EXPECT_EQ(list({.before_ms = clock.now_ms, .limit = 1}), Ids{first});
    EXPECT_EQ(list({}), Ids{});
}

TEST_P(TaskRetentionContract, ATenantMayHaveATimeOfItsOwn) {
    const domain::TaskId a = ended("a");
    const domain::TaskId b = ended("b");
    const domain::TaskId c = ended("c");
    const std::int64_t later = clock.now_ms + 1;
    EXPECT_EQ(list({.before_ms = later}), (Ids{a, b, c}));
    EXPECT_EQ(list({.before_ms = later, .of_tenant = {{"b", std::nullopt}}}), (Ids{a, c}));
    EXPECT_EQ(list({.of_tenant = {{"b", later}, {"c", clock.now_ms}}}), Ids{b});
    EXPECT_EQ(list({.before_ms = later, .limit = 2}), (Ids{a, b}));
}

TEST_P(TaskRetentionContract, ARemovedTaskIsListedNoMore) {
    const domain::TaskId id = ended("studio");
    ASSERT_TRUE(wait(*store, &TaskStore::remove, id));
    EXPECT_EQ(list({.before_ms = clock.now_ms + 1}), Ids{});
}

TEST_P(TaskRetentionContract, ALimitOutOfRangeIsRefused) {
    for (const std::int32_t limit : {0, -1, 1'001}) {
        const auto refused = wait(*store, &TaskStore::list_ended, EndedFilter{.limit = limit});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    }
}

TEST_P(TaskRetentionContract, PicturesOfAnEndedTaskAreGivenUpOnce) {
    const domain::TaskId id = ended("studio");
    EXPECT_FALSE(get(id).pictures_removed_ms);
    const std::int64_t first = clock.now_ms;
    ASSERT_TRUE(wait(*store, &TaskStore::give_up_pictures, id));
    clock.now_ms += 10;
    ASSERT_TRUE(wait(*store, &TaskStore::give_up_pictures, id));
    EXPECT_EQ(get(id).pictures_removed_ms, first);
}

TEST_P(TaskRetentionContract, PicturesOfATaskThatHasNotEndedStay) {
    const domain::TaskId waiting = submit();
    EXPECT_EQ(
        wait(*store, &TaskStore::give_up_pictures, waiting).error().code, ErrorCode::conflict);
    EXPECT_FALSE(get(waiting).pictures_removed_ms);
    EXPECT_EQ(
        wait(*store, &TaskStore::give_up_pictures, domain::TaskId::random()).error().code,
        ErrorCode::not_found);
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    TaskRetentionContract,
    ::testing::Values(TaskStoreKind::memory, TaskStoreKind::sqlite),
    task_store_name);

}  // namespace
}  // namespace darkroom::storage
