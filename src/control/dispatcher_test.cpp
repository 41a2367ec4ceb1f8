// SPDX-License-Identifier: Apache-2.0
#include "control/dispatcher.h"

#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "control/hooked_task_store.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "runtime/task_group.h"

namespace darkroom::control {
namespace {

using domain::CancelOutcome;
using domain::TaskState;
using runtime::block_on;
using runtime::Deadline;
using storage::TaskStore;

constexpr const char* kAgent = "agent-1";

boost::asio::awaitable<void> keep_final_row(
    Dispatcher& dispatcher, domain::TaskId id, std::promise<Result<domain::Task>>& row) {
    Result<domain::Task> task = co_await dispatcher.wait_until_final(id, Deadline::never());
    row.set_value(std::move(task));
}

class DispatcherTest : public testing::Test {
  protected:
    static Submission submission(std::string name = "") {
        Submission submission;
        submission.task.tenant = "studio";
        submission.task.kind = "txt2img";
        submission.task.model = "icons";
        submission.task.request = "{}";
        submission.task.idempotency_key = std::move(name);
        return submission;
    }

    domain::TaskId submit(std::string name = "") {
        return block_on(io_.executor(), dispatcher_.submit(submission(std::move(name)))).value().id;
    }

    domain::LeaseToken claim() {
        const auto claimed = storage::wait(store_, &TaskStore::claim, {.agent = kAgent}).value();
        dispatcher_.task_taken(claimed.at(0).id);
        return {claimed.at(0).id, claimed.at(0).attempt, kAgent};
    }

    Result<CancelOutcome> cancel(const domain::TaskId& id) {
        return block_on(io_.executor(), dispatcher_.cancel(id));
    }

    domain::Task row(const domain::TaskId& id) {
        return storage::wait(store_, &TaskStore::get, id).value();
    }

    domain::CompleteOutcome complete(const domain::LeaseToken& token) {
        return storage::wait(store_, &TaskStore::complete, {token, "{}"}).value();
    }

    FakeClock clock_;
    HookedTaskStore store_{clock_};
    Dispatcher dispatcher_{store_, clock_};
    runtime::IoThreads io_{2};
};

TEST_F(DispatcherTest, ACancelledTaskThatWaitsEndsAtOnceAndWakesWhoWaitsForIt) {
    const domain::TaskId id = submit();
    std::promise<Result<domain::Task>> final_row;
    runtime::TaskGroup group(io_.executor());
    group.spawn(keep_final_row(dispatcher_, id, final_row));
    EXPECT_EQ(cancel(id).value(), CancelOutcome::cancelled);
    const Result<domain::Task> task = final_row.get_future().get();
    EXPECT_EQ(task.value().state, TaskState::cancelled);
    EXPECT_EQ(task.value().error->code, ErrorCode::cancelled);
    EXPECT_FALSE(dispatcher_.progress().find(id));
}

TEST_F(DispatcherTest, ACancelledTaskThatIsDrawnEndsAtOnceAndItsAgentIsTold) {
    const domain::TaskId id = submit();
    const domain::LeaseToken token = claim();
    std::vector<domain::LeaseToken> told;
    dispatcher_.on_cancel([&](const domain::LeaseToken& stopped) { told.push_back(stopped); });
    std::promise<Result<domain::Task>> final_row;
    runtime::TaskGroup group(io_.executor());
    group.spawn(keep_final_row(dispatcher_, id, final_row));
    EXPECT_EQ(cancel(id).value(), CancelOutcome::requested);
    EXPECT_EQ(row(id).state, TaskState::cancelled);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].id, id);
    EXPECT_EQ(told[0].attempt, token.attempt);
    EXPECT_EQ(told[0].agent, kAgent);
    EXPECT_EQ(final_row.get_future().get().value().state, TaskState::cancelled);
    EXPECT_FALSE(dispatcher_.progress().find(id));
    EXPECT_EQ(complete(token), domain::CompleteOutcome::cancelled);
    EXPECT_EQ(row(id).result, "");
}

TEST_F(DispatcherTest, ACancelNeedsNoAgentThatListens) {
    const domain::TaskId id = submit();
    claim();
    EXPECT_EQ(cancel(id).value(), CancelOutcome::requested);
    EXPECT_EQ(row(id).state, TaskState::cancelled);
    EXPECT_EQ(cancel(id).value(), CancelOutcome::already_final);
}

TEST_F(DispatcherTest, ACancelAfterTheEndChangesNothingAndTellsNobody) {
    const domain::TaskId id = submit();
    EXPECT_EQ(complete(claim()), domain::CompleteOutcome::completed);
    bool told = false;
    dispatcher_.on_cancel([&](const domain::LeaseToken&) { told = true; });
    EXPECT_EQ(cancel(id).value(), CancelOutcome::already_final);
    EXPECT_EQ(row(id).state, TaskState::succeeded);
    EXPECT_FALSE(told);
}

TEST_F(DispatcherTest, ACancelOfATaskThatIsNotThereIsNotFound) {
    EXPECT_EQ(cancel(domain::TaskId::random()).error().code, ErrorCode::not_found);
}

TEST_F(DispatcherTest, AnAttemptThatEndsWhileItIsCancelledIsCancelled) {
    const domain::TaskId completed = submit();
    const domain::LeaseToken token = claim();
    store_.before_fail = [&] { complete(token); };
    EXPECT_EQ(cancel(completed).value(), CancelOutcome::requested);
    EXPECT_EQ(row(completed).state, TaskState::cancelled);
    EXPECT_FALSE(dispatcher_.progress().find(completed));

    const domain::TaskId released = submit();
    claim();
    store_.before_fail = [&] {
        const auto ended =
            storage::wait(store_, &TaskStore::release_agent, {.agent = kAgent}).value();
        EXPECT_EQ(ended.cancelled, std::vector{released});
    };
    EXPECT_EQ(cancel(released).value(), CancelOutcome::requested);
    EXPECT_EQ(row(released).state, TaskState::cancelled);
    EXPECT_FALSE(dispatcher_.progress().find(released));
}

TEST_F(DispatcherTest, ATaskThatWasPutBackIsCancelledAsOneThatWaits) {
    const domain::TaskId id = submit();
    claim();
    dispatcher_.leases_ended(
        storage::wait(store_, &TaskStore::release_agent, {.agent = kAgent}).value());
    EXPECT_EQ(dispatcher_.scheduler().place(id)->position, 0);
    EXPECT_EQ(cancel(id).value(), CancelOutcome::cancelled);
    EXPECT_EQ(row(id).state, TaskState::cancelled);
    EXPECT_FALSE(dispatcher_.progress().find(id));
}

TEST_F(DispatcherTest, AResultAndACancelAtOnceAgreeOnOneEnd) {
    for (int round = 0; round < 200; ++round) {
        const domain::TaskId id = submit();
        const domain::LeaseToken token = claim();
        domain::CompleteOutcome completed = domain::CompleteOutcome::stale;
        std::jthread agent([&] { completed = complete(token); });
        const CancelOutcome cancelled = cancel(id).value();
        agent.join();
        const bool succeeded = row(id).state == TaskState::succeeded;
        EXPECT_EQ(completed == domain::CompleteOutcome::completed, succeeded);
        EXPECT_EQ(cancelled == CancelOutcome::already_final, succeeded);
        EXPECT_EQ(row(id).state == TaskState::cancelled, !succeeded);
    }
}

TEST_F(DispatcherTest, ATaskThatEndsBeforeItsSubmitIsAcknowledgedLeavesNoProgress) {
    const Submission accepted = submission();
    store_.after_submit = [&] {
        EXPECT_TRUE(storage::wait(store_, &TaskStore::cancel, accepted.task.id));
        dispatcher_.task_ended(accepted.task.id);
    };
    const auto task = block_on(io_.executor(), dispatcher_.submit(accepted));
    EXPECT_EQ(row(task.value().id).state, TaskState::cancelled);
    EXPECT_FALSE(dispatcher_.progress().find(task.value().id));
}

TEST_F(DispatcherTest, ATaskThatIsTakenBeforeItsSubmitIsAcknowledgedDoesNotSeemToWait) {
    store_.after_submit = [&] { claim(); };
    const domain::TaskId id = submit();
    EXPECT_TRUE(dispatcher_.progress().find(id)->is_held);
    EXPECT_EQ(dispatcher_.progress().find(id)->created_ms, clock_.now_ms);
}

TEST_F(DispatcherTest, ARepeatedSubmitIsOneLiveTask) {
    const domain::TaskId first = submit("mine");
    EXPECT_EQ(submit("mine"), first);
    const domain::TaskId second = submit("other");
    EXPECT_EQ(dispatcher_.scheduler().place(first)->position, 0);
    EXPECT_EQ(dispatcher_.scheduler().place(second)->position, 1);
}

TEST_F(DispatcherTest, ARepeatedSubmitOfATaskFromBeforeARestartShowsIt) {
    domain::NewTask earlier = submission("mine").task;
    ASSERT_TRUE(storage::wait(store_, &TaskStore::submit, earlier));
    EXPECT_EQ(submit("mine"), earlier.id);
    EXPECT_EQ(dispatcher_.scheduler().place(earlier.id)->position, 0);
    EXPECT_EQ(cancel(earlier.id).value(), CancelOutcome::cancelled);
    EXPECT_EQ(submit("mine"), earlier.id);
    EXPECT_FALSE(dispatcher_.progress().find(earlier.id));
}

TEST_F(DispatcherTest, ARefusedSubmitLeavesNoProgress) {
    Submission nameless = submission();
    nameless.task.tenant.clear();
    EXPECT_FALSE(block_on(io_.executor(), dispatcher_.submit(nameless)));
    EXPECT_FALSE(dispatcher_.progress().find(nameless.task.id));

    const domain::TaskId taken = submit();
    Submission same_id = submission();
    same_id.task.id = taken;
    EXPECT_FALSE(block_on(io_.executor(), dispatcher_.submit(same_id)));
    EXPECT_TRUE(dispatcher_.progress().find(taken));
}

}  // namespace
}  // namespace darkroom::control
