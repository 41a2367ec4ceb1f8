// SPDX-License-Identifier: Apache-2.0
// Tasks that an attempt broke at are drawn alone, and nothing passes them by for ever.
#include <gmock/gmock.h>

#include "contract/task_store_fixture.h"

namespace darkroom::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SuspectContract : public TaskStoreContract {
  protected:
    domain::TaskId submit_at(double vft, std::string model = "icons-128") {
        domain::NewTask request = new_task(std::move(model));
        request.vft = vft;
        return submit(std::move(request));
    }

    /// A task whose first attempt died with its agent.
    domain::TaskId submit_suspect(double vft) {
        const domain::TaskId id = submit_at(vft);
        EXPECT_THAT(claimed({.agent = "victim"}), ElementsAre(id));
        EXPECT_THAT(
            wait(*store, &TaskStore::release_agent, AgentRelease{"victim"})->requeued,
            ElementsAre(id));
        return id;
    }

    std::vector<domain::TaskId> claimed(ClaimRequest request) {
        std::vector<domain::TaskId> ids;
        for (const domain::Task& task : claim(std::move(request)))
            ids.push_back(task.id);
        return ids;
    }
};

TEST_P(SuspectContract, IsLeasedAlone) {
    const domain::TaskId suspect = submit_suspect(1);
    const domain::TaskId next = submit_at(2);
    const domain::TaskId last = submit_at(3);
    EXPECT_THAT(claimed({.agent = "agent-1", .max_count = 3}), ElementsAre(suspect));
    EXPECT_THAT(claimed({.agent = "agent-2", .max_count = 3}), ElementsAre(next, last));
}

TEST_P(SuspectContract, IsNotLeasedToAnAgentThatHasTasks) {
    submit_suspect(1);
    EXPECT_THAT(claimed({.agent = "agent-1", .takes_suspects = false}), IsEmpty());
    EXPECT_THAT(
        claimed({.agent = "agent-1", .models = {"icons-128", ""}, .takes_suspects = false}),
        IsEmpty());
}

TEST_P(SuspectContract, IsNotPassedByWhatComesAfterIt) {
    const domain::TaskId before = submit_at(1);
    EXPECT_THAT(claimed({.agent = "agent-1"}), ElementsAre(before));
    const domain::TaskId suspect = submit_suspect(2);
    const domain::TaskId earlier = submit_at(1);
    const domain::TaskId later = submit_at(3);
    ClaimRequest busy{.agent = "agent-1", .max_count = 3};
    busy.takes_suspects = false;
    EXPECT_THAT(claimed(busy), ElementsAre(earlier));
    EXPECT_THAT(claimed(busy), IsEmpty());
    EXPECT_THAT(claimed({.agent = "agent-1", .max_count = 3}), ElementsAre(suspect));
    EXPECT_THAT(claimed(busy), ElementsAre(later));
}

TEST_P(SuspectContract, OnlyStandsInTheWayOfItsOwnCheckpoint) {
    submit_suspect(1);
    const domain::TaskId other = submit_at(2, "other");
    EXPECT_THAT(
        claimed({.agent = "agent-1", .models = {"other"}, .takes_suspects = false}),
        ElementsAre(other));
}

TEST_P(SuspectContract, AServerThatRestartedIsNoReasonForSuspicion) {
    const domain::TaskId id = submit_at(1);
    EXPECT_THAT(claimed({.agent = "agent-1"}), ElementsAre(id));
    const AgentRelease drained{"agent-1", /*counts_as_failure=*/false};
    EXPECT_THAT(wait(*store, &TaskStore::release_agent, drained)->requeued, ElementsAre(id));
    EXPECT_THAT(claimed({.agent = "agent-2", .takes_suspects = false}), ElementsAre(id));
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    SuspectContract,
    ::testing::Values(TaskStoreKind::memory, TaskStoreKind::sqlite),
    task_store_name);

}  // namespace
}  // namespace darkroom::storage
