// SPDX-License-Identifier: Apache-2.0
// Two tenants, one agent: who is served when, counted in tasks.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "api/task_payload.h"
#include "base/file.h"
#include "base/random.h"
#include "cluster/memory/in_process_event_bus.h"
#include "control/agent_service.h"
#include "control/scripted_agent.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"
#include "storage/memory/in_memory_function_store.h"
#include "storage/memory/in_memory_object_store.h"
#include "storage/memory/in_memory_task_store.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

using runtime::block_on;
using runtime::Deadline;

/// Moves when told to, while other threads look.
class TestClock final : public Clock {
  public:
    std::int64_t wall_ms() override { return now_ms; }
    std::int64_t boot_ms() override { return now_ms; }
    std::string boot_id() override { return "boot-1"; }

    std::atomic<std::int64_t> now_ms = 1'700'000'000'000;
};

class FairnessTest : public testing::Test {
  protected:
    static constexpr std::int64_t kPictureMs = 10'000;

    FairnessTest() {
        fs::create_directories(folder_);
        for (const char* name : {"fox", "owl"})
            EXPECT_TRUE(write_file(folder_ / (std::string(name) + ".safetensors"), "weights"));
        EXPECT_TRUE(models_.scan());
        service_.start();
    }
    ~FairnessTest() override { fs::remove_all(folder_); }

    void submit(const std::string& tenant, const std::string& model, int count) {
        for (int i = 0; i < count; ++i) {
            Submission submission;
            submission.task.tenant = tenant;
            submission.task.kind = "txt2img";
            submission.task.model = model;
            submission.task.request = "{}";
            const auto task = block_on(io_.executor(), dispatcher_.submit(submission));
            ASSERT_TRUE(task) << task.error().message;
        }
    }

    /// The agent draws so many tasks, one after the other; returns whose they were.
    std::vector<std::string> draw(int count) {
        std::vector<std::string> tenants;
        for (int i = 0; i < count; ++i)
            tenants.push_back(draw_next());
        return tenants;
    }

    std::string draw_next() {
        provider_.wire->say(cluster::Claim{1, ""});
        const auto message = provider_.wire->hear();
        const auto* assignment = message ? std::get_if<cluster::Assignment>(&*message) : nullptr;
        if (assignment == nullptr) return "nobody";
        switches_ += assignment->model == resident_ ? 0 : 1;
        resident_ = assignment->model;
        clock_.now_ms += kPictureMs;
        provider_.wire->say(picture_of(assignment->id));
        const auto id = domain::TaskId::parse(assignment->id.task).value();
        const Deadline deadline = Deadline::after(std::chrono::seconds(10));
        const auto task = block_on(io_.executor(), dispatcher_.wait_until_final(id, deadline));
        return task ? task->tenant : task.error().message;
    }

    /// The demand of so many steps of 1 Mpixel.
    static Demand demand_of(const std::string& model, std::int64_t steps) {
        return {{.function = model, .steps = steps, .pixels = 1'000'000}, {"studio", 1.0, 0}};
    }
    domain::TaskId submit_steps(const std::string& model, std::int64_t steps) {
        Submission submission;
        submission.task.tenant = "studio";
        submission.task.kind = "txt2img";
        submission.task.model = model;
        submission.task.request = "{}";
        submission.work = demand_of(model, steps).work;
        return block_on(io_.executor(), dispatcher_.submit(submission)).value().id;
    }
    /// Returns when control has dealt with everything that the agent said.
    void expect_all_heard() {
        provider_.wire->say(cluster::AgentHeartbeat{{{domain::TaskId::random().text(), 1}}});
        const auto message = provider_.wire->hear();
        EXPECT_TRUE(message && std::holds_alternative<cluster::Drop>(*message));
    }
    std::vector<storage::DrawnTask> drawn_tasks() {
        const storage::DrawnFilter filter{.limit = 500};
        return storage::wait(store_, &storage::TaskStore::list_drawn, filter).value();
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

    /// How many tasks were drawn before each of a tenant's.
    static std::vector<int> waits_of(
        const std::string& tenant, const std::vector<std::string>& drawn) {
        std::vector<int> waits;
        for (std::size_t i = 0; i < drawn.size(); ++i) {
            if (drawn[i] == tenant) waits.push_back(static_cast<int>(i));
        }
        return waits;
    }

    const fs::path folder_ = fs::temp_directory_path() / ("darkroom-fairness-" + random_id());
    TestClock clock_;
    storage::InMemoryTaskStore store_{clock_};
    storage::InMemoryObjectStore objects_{clock_};
    ModelFolder models_{folder_, folder_ / "hashes.json"};
    telemetry::Metrics metrics_;
    EngineMetrics engine_metrics_{metrics_};
    ScriptedProvider provider_;
    Dispatcher dispatcher_{store_, clock_};
    runtime::IoThreads io_{2};
    runtime::BlockingPool blocking_;
    std::string resident_;
    int switches_ = 0;
    cluster::InProcessEventBus bus_;
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

TEST_F(FairnessTest, AFloodOfOneTenantHardlyDelaysAnother) {
    submit("flood", "fox", 200);
    draw(10);
    submit("small", "fox", 5);
    const std::vector<int> waits = waits_of("small", draw(40));
    ASSERT_EQ(waits.size(), 5u);
    // Alone, its n-th task would wait for n.
    for (int n = 0; n < 5; ++n)
        EXPECT_LE(waits[static_cast<std::size_t>(n)], 3 * n + 1);
}

TEST_F(FairnessTest, AFloodForTheLoadedCheckpointKeepsOthersWaitingForAQuantumAtMost) {
    // What both cost is known.
    submit("before", "fox", 3);
    submit("before", "owl", 3);
    draw(6);
    submit("flood", "fox", 200);
    draw(2);
    switches_ = 0;
    submit("small", "owl", 5);
    const std::vector<std::string> drawn = draw(60);
    const std::vector<int> waits = waits_of("small", drawn);
    ASSERT_EQ(waits.size(), 5u);
    const auto quantum = static_cast<int>(
        scheduling::PlacementPolicy().quantum_s * 1'000 / static_cast<double>(kPictureMs));
    EXPECT_LE(waits.front(), quantum);
    // The load is paid once.
    EXPECT_EQ(waits.back() - waits.front(), 4);
    EXPECT_LE(switches_, 3);
}

TEST_F(FairnessTest, TheFloodGoesOnWhenTheOtherIsServed) {
    submit("flood", "fox", 20);
    submit("small", "fox", 2);
    const std::vector<std::string> drawn = draw(22);
    EXPECT_EQ(waits_of("flood", drawn).size(), 20u);
    EXPECT_EQ(waits_of("small", drawn).size(), 2u);
}

TEST_F(FairnessTest, ASchedulerThatBeginsAnewPredictsAsTheOldOneDid) {
    for (const std::int64_t steps : {5, 20, 10, 40, 5}) {
        submit_steps("fox", steps);
        draw_next();
        submit_steps("owl", 2 * steps);
        draw_next();
    }
    expect_all_heard();
    Scheduler next(clock_, {.costs = costs_of(drawn_tasks())});
    EXPECT_EQ(next.costs().functions, dispatcher_.scheduler().costs().functions);
    for (const char* model : {"fox", "owl", "unseen"}) {
        const Demand demand = demand_of(model, 30);
        const double predicted = next.predict(demand);
        EXPECT_DOUBLE_EQ(predicted, dispatcher_.scheduler().predict(demand)) << model;
        EXPECT_GT(std::abs(predicted - Scheduler(clock_).predict(demand)), 1.0) << model;
    }
}

TEST_F(FairnessTest, ATaskThatWasEndedEarlyTeachesNobody) {
    const domain::TaskId id = submit_steps("fox", 20);
    provider_.wire->say(cluster::Claim{1, ""});
    const auto assigned = provider_.wire->hear();
    ASSERT_TRUE(assigned && std::holds_alternative<cluster::Assignment>(*assigned));
    dispatcher_.interrupt("studio", std::nullopt);
    clock_.now_ms += kPictureMs;
    provider_.wire->say(picture_of(std::get<cluster::Assignment>(*assigned).id));
    const Deadline deadline = Deadline::after(std::chrono::seconds(10));
    const auto task = block_on(io_.executor(), dispatcher_.wait_until_final(id, deadline));
    ASSERT_EQ(task.value().state, domain::TaskState::succeeded);
    EXPECT_EQ(task->device_s, 0.0);
    EXPECT_TRUE(drawn_tasks().empty());
}

}  // namespace
}  // namespace darkroom::control
