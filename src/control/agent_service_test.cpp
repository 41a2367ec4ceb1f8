// SPDX-License-Identifier: Apache-2.0
#include "control/agent_service.h"

#include <atomic>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "api/extras_payload.h"
#include "api/task_payload.h"
#include "base/file.h"
#include "base/random.h"
#include "cluster/memory/in_process_event_bus.h"
#include "control/hooked_task_store.h"
#include "control/scripted_agent.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "storage/memory/in_memory_function_store.h"
#include "storage/memory/in_memory_object_store.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

using domain::CancelOutcome;
using domain::TaskState;
using runtime::block_on;
using runtime::Deadline;
using storage::TaskStore;

constexpr const char* kAgent = "scripted";

/// Takes nothing while `is_full`.
class FillableObjectStore final : public storage::ObjectStore {
  public:
    explicit FillableObjectStore(Clock& clock) : store_(clock) {}

    std::atomic<bool> is_full = false;

    Result<void> put(const storage::ObjectKey& key, std::span<const std::byte> bytes) override {
        if (is_full) return Error{ErrorCode::insufficient_storage, "no space left on device"};
        return store_.put(key, bytes);
    }
    Result<std::vector<std::byte>> get(const storage::ObjectKey& key) override {
        return store_.get(key);
    }
    Result<std::uint64_t> remove(const storage::ObjectKey& prefix) override {
        return store_.remove(prefix);
    }
    Result<std::vector<storage::ObjectEntry>> list(storage::ObjectQuery query) override {
        return store_.list(std::move(query));
    }

  private:
    storage::InMemoryObjectStore store_;
};

class AgentServiceTest : public testing::Test {
  protected:
    AgentServiceTest() {
        fs::create_directories(folder_);
        EXPECT_TRUE(write_file(folder_ / "icons.safetensors", "weights"));
        EXPECT_TRUE(write_file(folder_ / "other.safetensors", "others"));
        EXPECT_TRUE(models_.scan());
        service_.start();
    }
    ~AgentServiceTest() override { fs::remove_all(folder_); }

    ScriptedWire& agent() { return *provider_.wire; }

    domain::TaskId submit(std::string model = "icons") {
        Submission submission;
        submission.task.tenant = "studio";
        submission.task.kind = "txt2img";
        submission.task.model = std::move(model);
        submission.task.request = "{}";
        return block_on(io_.executor(), dispatcher_.submit(submission)).value().id;
    }

    storage::ObjectKey key_of(const std::string& name) {
        return storage::ObjectKey::parse("studio/task/0/" + name).value();
    }

    /// A task without a checkpoint, whose picture is stored under that key.
    domain::TaskId submit_extras(const std::string& key) {
        domain::Extras extras;
        extras.images = {key};
        Submission submission;
        submission.task.tenant = "studio";
        submission.task.kind = domain::kExtrasKind;
        submission.task.request = api::encode_extras(extras);
        return block_on(io_.executor(), dispatcher_.submit(submission)).value().id;
    }

    /// The agent asks for one task and gets it.
    cluster::AttemptId assigned(const domain::TaskId& id) {
        agent().say(cluster::Claim{1, ""});
        return expect_assignment(id);
    }

    cluster::AttemptId expect_assignment(const domain::TaskId& id) {
        const auto message = agent().hear();
        const auto* assignment = message ? std::get_if<cluster::Assignment>(&*message) : nullptr;
        EXPECT_NE(assignment, nullptr);
        if (assignment == nullptr) return {};
        EXPECT_EQ(assignment->id.task, id.text());
        return assignment->id;
    }

    void expect_drop(const cluster::AttemptId& id) {
        const auto message = agent().hear();
        const auto* drop = message ? std::get_if<cluster::Drop>(&*message) : nullptr;
        ASSERT_NE(drop, nullptr);
        EXPECT_EQ(drop->ids, std::vector{id});
    }

    /// Returns when control has dealt with everything that the agent said.
    void expect_all_heard() {
        const cluster::AttemptId unknown{domain::TaskId::random().text(), 1};
        agent().say(cluster::AgentHeartbeat{{unknown}});
        expect_drop(unknown);
    }

    /// The attempt ends as if something in it had broken, and the task waits again.
    void break_attempt(const cluster::AttemptId& id) {
        agent().say(cluster::Failed{id, Error{ErrorCode::internal, "broken"}, true});
        expect_all_heard();
    }

    /// Nothing is handed out, however often the agent comes round.
    void expect_nothing_more() {
        expect_all_heard();
        expect_all_heard();
        EXPECT_FALSE(agent().has_mail());
    }

    CancelOutcome cancel(const domain::TaskId& id) {
        return block_on(io_.executor(), dispatcher_.cancel(id)).value();
    }
    /// A cancel that stops half way: its task is not ended and no agent is told.
    CancelOutcome request_cancel(const domain::TaskId& id) {
        return storage::wait(store_, &TaskStore::cancel, id).value();
    }

    TaskState final_state(const domain::TaskId& id) {
        const Deadline deadline = Deadline::after(std::chrono::seconds(10));
        const auto task = block_on(io_.executor(), dispatcher_.wait_until_final(id, deadline));
        EXPECT_TRUE(task) << task.error().message;
        EXPECT_FALSE(dispatcher_.progress().find(id));
        return task ? task->state : TaskState::queued;
    }

    static cluster::Done picture_of(const cluster::AttemptId& id) {
        api::TaskResult result;
        result.images = {"0.png"};
        result.infotexts = {"a key"};
        result.all_seeds = {1};
        result.all_subseeds = {1};
        cluster::Done done;
        done.id = id;
        done.result = api::encode_result(result);
        done.image_bytes = {3};
        done.images.resize(3);
        return done;
    }

    std::size_t stored_pictures() { return objects_.list({}).value().size(); }

    const fs::path folder_ = fs::temp_directory_path() / ("darkroom-agents-" + random_id());
    FakeClock clock_;
    HookedTaskStore store_{clock_};
    FillableObjectStore objects_{clock_};
    ModelFolder models_{folder_, folder_ / "hashes.json"};
    telemetry::Metrics metrics_;
    EngineMetrics engine_metrics_{metrics_};
    cluster::InProcessEventBus bus_;
    ScriptedProvider provider_;
    Dispatcher dispatcher_{store_, clock_};
    runtime::IoThreads io_{2};
    runtime::BlockingPool blocking_;
    storage::InMemoryFunctionStore function_store_{clock_};
    FunctionRegistry functions_{function_store_, {}};
    AgentService service_{
        io_.executor(),
        {dispatcher_,
         provider_,
         models_,
         objects_,
         blocking_,
         engine_metrics_,
         clock_,
         functions_,
         bus_}};
};

TEST_F(AgentServiceTest, ACheckpointThatSomebodyWaitsForIsReadAheadWhileAnAgentDraws) {
    agent().takes_advice = true;
    const cluster::AttemptId held = assigned(submit("icons"));
    submit("other");
    const auto message = agent().hear();
    const auto* prefetch = message ? std::get_if<cluster::Prefetch>(&*message) : nullptr;
    ASSERT_NE(prefetch, nullptr);
    EXPECT_EQ(prefetch->path, (folder_ / "other.safetensors").string());
    submit("other");
    expect_nothing_more();
    agent().say(picture_of(held));
}

TEST_F(AgentServiceTest, WhatAnAgentHasIsNotReadAhead) {
    agent().takes_advice = true;
    const cluster::AttemptId held = assigned(submit("icons"));
    submit("icons");
    expect_nothing_more();
    agent().say(picture_of(held));
}

TEST_F(AgentServiceTest, APictureIsStoredUnderItsAttempt) {
    const domain::TaskId id = submit();
    agent().say(picture_of(assigned(id)));
    EXPECT_EQ(final_state(id), TaskState::succeeded);
    const auto pictures = objects_.list({}).value();
    ASSERT_EQ(pictures.size(), 1u);
    EXPECT_EQ(pictures[0].key.text(), "studio/" + id.text() + "/1/" + id.text() + "_1.png");
}

TEST_F(AgentServiceTest, AnAssignmentCarriesTheTraceOfItsTask) {
    Submission submission;
    submission.task.tenant = "studio";
    submission.task.kind = "txt2img";
    submission.task.model = "icons";
    submission.task.request = "{}";
    submission.task.trace = TraceContext::begin();
    const auto task = block_on(io_.executor(), dispatcher_.submit(submission)).value();
    EXPECT_EQ(dispatcher_.trace_id(task.id), submission.task.trace->trace_id());
    agent().say(cluster::Claim{1, ""});
    const auto message = agent().hear();
    ASSERT_TRUE(message && std::holds_alternative<cluster::Assignment>(*message));
    const auto& assignment = std::get<cluster::Assignment>(*message);
    EXPECT_EQ(assignment.trace, submission.task.trace);
    agent().say(picture_of(assignment.id));
    EXPECT_EQ(final_state(task.id), TaskState::succeeded);
    EXPECT_EQ(dispatcher_.trace_id(task.id), "");
}

TEST_F(AgentServiceTest, APictureThatDoesNotFitOnTheDiskEndsItsTaskWithThatReason) {
    const domain::TaskId id = submit();
    const cluster::AttemptId attempt = assigned(id);
    objects_.is_full = true;
    agent().say(picture_of(attempt));
    EXPECT_EQ(final_state(id), TaskState::failed);
    const auto task = storage::wait(store_, &TaskStore::get, id).value();
    ASSERT_TRUE(task.error);
    EXPECT_EQ(task.error->code, ErrorCode::insufficient_storage);
    // The agent goes on, and so does the next task once there is room.
    objects_.is_full = false;
    const domain::TaskId next = submit();
    agent().say(picture_of(assigned(next)));
    EXPECT_EQ(final_state(next), TaskState::succeeded);
    const std::string metrics = metrics_.text();
    EXPECT_NE(metrics.find("darkroom_task_seconds_count{phase=\"stored\"} 1"), std::string::npos);
    EXPECT_NE(metrics.find("darkroom_task_seconds_count{phase=\"queued\"} 2"), std::string::npos);
}

TEST_F(AgentServiceTest, AnAgentIsToldAtOnceToDropWhatWasCancelled) {
    const domain::TaskId id = submit();
    const cluster::AttemptId attempt = assigned(id);
    EXPECT_EQ(cancel(id), CancelOutcome::requested);
    EXPECT_EQ(final_state(id), TaskState::cancelled);
    expect_drop(attempt);
    // The agent has room again and says so.
    assigned(submit());
}

TEST_F(AgentServiceTest, AResultThatComesAfterACancelLeavesNothing) {
    const domain::TaskId id = submit();
    const cluster::AttemptId attempt = assigned(id);
    EXPECT_EQ(cancel(id), CancelOutcome::requested);
    expect_drop(attempt);
    agent().say(picture_of(attempt));
    expect_all_heard();
    EXPECT_EQ(final_state(id), TaskState::cancelled);
    EXPECT_EQ(stored_pictures(), 0u);
}

TEST_F(AgentServiceTest, AResultThatMeetsACancelEndsTheTaskAndLeavesNothing) {
    const domain::TaskId id = submit();
    const cluster::AttemptId attempt = assigned(id);
    EXPECT_EQ(request_cancel(id), CancelOutcome::requested);
    agent().say(picture_of(attempt));
    EXPECT_EQ(final_state(id), TaskState::cancelled);
    expect_all_heard();
    EXPECT_EQ(stored_pictures(), 0u);
}

TEST_F(AgentServiceTest, ACancelBetweenThePicturesAndTheCommitTakesThePicturesAway) {
    const domain::TaskId id = submit();
    const cluster::AttemptId attempt = assigned(id);
    store_.before_complete = [&] { request_cancel(id); };
    agent().say(picture_of(attempt));
    EXPECT_EQ(final_state(id), TaskState::cancelled);
    expect_all_heard();
    EXPECT_EQ(stored_pictures(), 0u);
}

TEST_F(AgentServiceTest, AHeartbeatFinishesACancelThatStoppedHalfWay) {
    const domain::TaskId id = submit();
    const cluster::AttemptId attempt = assigned(id);
    EXPECT_EQ(request_cancel(id), CancelOutcome::requested);
    agent().say(cluster::AgentHeartbeat{{attempt}});
    expect_drop(attempt);
    EXPECT_EQ(final_state(id), TaskState::cancelled);
}

TEST_F(AgentServiceTest, ATaskThatWasCancelledIsNotDrawnAgainWhenItsAgentDies) {
    const domain::TaskId id = submit();
    assigned(id);
    EXPECT_EQ(request_cancel(id), CancelOutcome::requested);
    agent().hang_up();
    EXPECT_EQ(final_state(id), TaskState::cancelled);
    EXPECT_EQ(cancel(id), CancelOutcome::already_final);
}

TEST_F(AgentServiceTest, ATaskOfADeadAgentIsCancelledAsOneThatWaits) {
    const domain::TaskId id = submit();
    assigned(id);
    agent().hang_up();
    // The socket may be seen to close before or after.
    EXPECT_NE(cancel(id), CancelOutcome::already_final);
    EXPECT_EQ(final_state(id), TaskState::cancelled);
}

TEST_F(AgentServiceTest, ATaskThatIsCancelledWhileItIsHandedOutIsNotSentAndCostsNoRoom) {
    for (const bool half_way : {false, true}) {
        domain::TaskId cancelled = domain::TaskId::random();
        store_.before_running = [&] {
            request_cancel(cancelled);
            if (half_way) return;
            const domain::LeaseToken token{cancelled, 1, kAgent};
            (void)storage::wait(store_, &TaskStore::fail, {token, {}}).has_value();
            dispatcher_.task_ended(cancelled);
        };
        cancelled = submit();
        agent().say(cluster::Claim{1, ""});
        EXPECT_EQ(final_state(cancelled), TaskState::cancelled);
        expect_assignment(submit());
    }
}

TEST_F(AgentServiceTest, ATaskWhoseCheckpointIsGoneCostsNoRoom) {
    agent().say(cluster::Claim{1, ""});
    EXPECT_EQ(final_state(submit("gone")), TaskState::failed);
    expect_assignment(submit());
}

TEST_F(AgentServiceTest, ATaskComesWithItsPicturesWhateverIsLoaded) {
    const std::vector<std::byte> picture{std::byte{1}, std::byte{2}};
    ASSERT_TRUE(objects_.put(key_of("0.png"), picture));
    const domain::TaskId id = submit_extras(key_of("0.png").text());
    agent().say(cluster::Claim{1, "icons"});
    const auto message = agent().hear();
    ASSERT_TRUE(message);
    const auto& assignment = std::get<cluster::Assignment>(*message);
    EXPECT_EQ(assignment.id.task, id.text());
    EXPECT_EQ(assignment.kind, domain::kExtrasKind);
    EXPECT_EQ(assignment.path, "");
    EXPECT_EQ(assignment.inputs, picture);
    agent().say(picture_of(assignment.id));
    EXPECT_EQ(final_state(id), TaskState::succeeded);
}

TEST_F(AgentServiceTest, ATaskWhosePictureIsGoneFailsAndCostsNoRoom) {
    agent().say(cluster::Claim{1, ""});
    EXPECT_EQ(final_state(submit_extras(key_of("gone.png").text())), TaskState::failed);
    expect_assignment(submit());
}

TEST_F(AgentServiceTest, ATaskThatAnAttemptBrokeAtIsDrawnWithNothingBesideIt) {
    const domain::TaskId suspect = submit();
    break_attempt(assigned(suspect));
    const domain::TaskId other = submit();
    agent().say(cluster::Claim{3, ""});
    const cluster::AttemptId attempt = expect_assignment(suspect);
    expect_nothing_more();
    agent().say(picture_of(attempt));
    EXPECT_EQ(final_state(suspect), TaskState::succeeded);
    agent().say(cluster::Claim{3, ""});
    expect_assignment(other);
}

TEST_F(AgentServiceTest, AnAgentThatDrawsTakesNothingMoreUntilTheSuspectHadItsTurn) {
    const domain::TaskId suspect = submit();
    const cluster::AttemptId broken = assigned(suspect);
    const domain::TaskId mate = submit();
    agent().say(cluster::Claim{3, "icons"});
    const cluster::AttemptId drawn = expect_assignment(mate);
    break_attempt(broken);
    const domain::TaskId later = submit();
    agent().say(cluster::Claim{3, "icons"});
    expect_nothing_more();

    agent().say(picture_of(drawn));
    EXPECT_EQ(final_state(mate), TaskState::succeeded);
    agent().say(cluster::Claim{4, ""});
    agent().say(picture_of(expect_assignment(suspect)));
    EXPECT_EQ(final_state(suspect), TaskState::succeeded);
    agent().say(cluster::Claim{4, ""});
    expect_assignment(later);
}

TEST_F(AgentServiceTest, ManyCancelsEachEndTheirTask) {
    std::vector<domain::TaskId> ids;
    for (int i = 0; i < 50; ++i)
        ids.push_back(submit());
    agent().say(cluster::Claim{20, ""});
    for (const domain::TaskId& id : ids)
        EXPECT_NE(cancel(id), CancelOutcome::already_final);
    for (const domain::TaskId& id : ids)
        EXPECT_EQ(final_state(id), TaskState::cancelled);
    agent().say(cluster::Claim{1, ""});
    const std::string last = submit().text();
    // What was sent before its cancel is dropped after it.
    std::set<std::string> held;
    while (!held.contains(last) || held.size() > 1) {
        const auto message = agent().hear();
        ASSERT_TRUE(message) << held.size() << " are held";
        if (const auto* assignment = std::get_if<cluster::Assignment>(&*message)) {
            held.insert(assignment->id.task);
        } else if (const auto* drop = std::get_if<cluster::Drop>(&*message)) {
            for (const cluster::AttemptId& id : drop->ids)
                held.erase(id.task);
        }
    }
}

}  // namespace
}  // namespace darkroom::control
