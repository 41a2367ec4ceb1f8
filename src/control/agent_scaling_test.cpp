// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <future>

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

using domain::FunctionState;
using domain::TaskState;
using runtime::block_on;
using runtime::Deadline;
using storage::FunctionStore;
using Wire = std::shared_ptr<ScriptedWire>;

constexpr double kSoonIdle = 0.05;
constexpr double kNeverIdle = 1e6;
constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;

/// A pool of agents that the test plays.
class AgentPoolTest : public testing::Test {
  protected:
    AgentPoolTest() {
        fs::create_directories(folder_);
        for (const char* name : {"icons.safetensors", "other.safetensors"})
            EXPECT_TRUE(write_file(folder_ / name, "weights"));
        EXPECT_TRUE(models_.scan());
    }
    ~AgentPoolTest() override {
        service_.reset();
        fs::remove_all(folder_);
    }

    void start(scheduling::PoolPolicy policy) {
        service_ = std::make_unique<AgentService>(
            io_.executor(),
            AgentServiceParts{
                dispatcher_,
                provider_,
                models_,
                objects_,
                blocking_,
                engine_metrics_,
                clock_,
                functions_,
                bus_},
            policy);
        service_->start();
    }

    /// The number-th agent, once it was started; it says hello and asks for tasks.
    Wire connected(std::size_t number, std::int64_t room = 8) {
        Wire agent = provider_.agent(number);
        EXPECT_NE(agent, nullptr) << "agent " << number << " was not started";
        if (!agent) return std::make_shared<ScriptedWire>();
        agent->say(cluster::Hello{1, "test", ""});
        agent->say(cluster::Claim{room, ""});
        return agent;
    }

    domain::TaskId submit(const std::string& model = "icons") {
        Submission submission;
        submission.task.tenant = "studio";
        submission.task.kind = "txt2img";
        submission.task.model = model;
        submission.task.request = "{}";
        return block_on(io_.executor(), dispatcher_.submit(submission)).value().id;
    }

    domain::Task final_task(const domain::TaskId& id) {
        const Deadline deadline = Deadline::after(std::chrono::seconds(10));
        const auto task = block_on(io_.executor(), dispatcher_.wait_until_final(id, deadline));
        EXPECT_TRUE(task) << task.error().message;
        return task.value();
    }

    /// The next message is of that kind.
    template <class Message>
    static Message expect(const Wire& agent) {
        const auto message = agent->hear();
        EXPECT_TRUE(message) << "nothing came";
        if (!message) return {};
        const auto* wanted = std::get_if<Message>(&*message);
        EXPECT_NE(wanted, nullptr) << "message kind " << message->index();
        return wanted == nullptr ? Message{} : *wanted;
    }

    static void deliver(const Wire& agent, const cluster::AttemptId& id) {
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
        agent->say(std::move(done));
    }

    void configure(const std::string& checkpoint, domain::FunctionChange change) {
        auto made = functions_.ensure(checkpoint);
        const domain::Function function = block_on(io_.executor(), std::move(made)).value();
        auto changed = functions_.change({function.name, std::move(change)});
        EXPECT_TRUE(block_on(io_.executor(), std::move(changed)));
        if (service_) service_->reconsider();
    }

    std::string first_state(const std::string& model) {
        return std::string(
            domain::to_string(domain::status_of(service_->instances(model), "").state));
    }

    const fs::path folder_ = fs::temp_directory_path() / ("darkroom-pool-" + random_id());
    FakeClock clock_;
    storage::InMemoryTaskStore store_{clock_};
    storage::InMemoryObjectStore objects_{clock_};
    storage::InMemoryFunctionStore function_store_{clock_};
    FunctionRegistry functions_{function_store_, {}};
    ModelFolder models_{folder_, folder_ / "hashes.json"};
    telemetry::Metrics metrics_;
    EngineMetrics engine_metrics_{metrics_};
    ScriptedAgents provider_;
    Dispatcher dispatcher_{store_, clock_};
    runtime::IoThreads io_{2};
    runtime::BlockingPool blocking_;
    cluster::InProcessEventBus bus_;
    std::unique_ptr<AgentService> service_;
};

TEST_F(AgentPoolTest, ScalesToZeroAndBack) {
    start({.idle_s = kSoonIdle});
    const Wire first = connected(1);
    expect<cluster::Drain>(first);
    first->hang_up();
    const domain::TaskId id = submit();
    const Wire second = connected(2);
    const auto assignment = expect<cluster::Assignment>(second);
    EXPECT_EQ(assignment.id.task, id.text());
    EXPECT_TRUE(service_->is_ready()) << "none was needed";
    deliver(second, assignment.id);
    EXPECT_EQ(final_task(id).state, TaskState::succeeded);
    // It has room again, and nobody needs it.
    second->say(cluster::Claim{8, ""});
    expect<cluster::Drain>(second);
}

TEST_F(AgentPoolTest, TwoCheckpointsLiveOnTwoAgents) {
    start({.max_agents = 2, .idle_s = kNeverIdle});
    const Wire first = connected(1);
    const domain::TaskId icons = submit("icons");
    const auto of_icons = expect<cluster::Assignment>(first);
    first->say(cluster::Resident{"icons", 1, ""});
    deliver(first, of_icons.id);
    first->say(cluster::Claim{8, ""});
    EXPECT_EQ(final_task(icons).state, TaskState::succeeded);

    const domain::TaskId other = submit("other");
    const Wire second = connected(2);
    EXPECT_EQ(expect<cluster::Assignment>(second).id.task, other.text());
    // The first kept its checkpoint and is used for it.
    const domain::TaskId again = submit("icons");
    EXPECT_EQ(expect<cluster::Assignment>(first).id.task, again.text());
    EXPECT_EQ(first_state("icons"), "busy");
    EXPECT_EQ(provider_.count(), 2U);
}

TEST_F(AgentPoolTest, AnIdleAgentSwitchesWhenNoOtherMayBeStarted) {
    start({.max_agents = 1, .idle_s = kNeverIdle});
    const Wire agent = connected(1);
    submit("icons");
    const auto assignment = expect<cluster::Assignment>(agent);
    const domain::TaskId other = submit("other");
    deliver(agent, assignment.id);
    agent->say(cluster::Claim{8, ""});
    EXPECT_EQ(expect<cluster::Assignment>(agent).id.task, other.text());
}

TEST_F(AgentPoolTest, MinInstancesAreLoadedWithoutATaskAndStay) {
    configure("icons.safetensors", {.min_instances = 1});
    start({.max_agents = 2, .idle_s = kSoonIdle});
    const Wire first = connected(1);
    EXPECT_EQ(expect<cluster::Load>(first).model, "icons");
    EXPECT_EQ(first_state("icons"), "loading");
    first->say(cluster::Resident{"icons", 1, ""});
    // Another one comes for a task and goes when it is idle; this one stays.
    submit("other");
    const Wire second = connected(2);
    deliver(second, expect<cluster::Assignment>(second).id);
    second->say(cluster::Claim{8, ""});
    expect<cluster::Drain>(second);
    EXPECT_FALSE(first->has_mail());
    EXPECT_EQ(first_state("icons"), "warm");
}

TEST_F(AgentPoolTest, MaxInstancesAreNotExceeded) {
    configure("icons.safetensors", {.max_instances = 1});
    start({.max_agents = 3, .idle_s = kNeverIdle});
    const Wire first = connected(1, 1);
    submit("icons");
    const domain::TaskId waiting = submit("icons");
    const auto assignment = expect<cluster::Assignment>(first);
    const domain::TaskId other = submit("other");
    const Wire second = connected(2);
    EXPECT_EQ(expect<cluster::Assignment>(second).id.task, other.text());
    deliver(first, assignment.id);
    first->say(cluster::Claim{1, ""});
    EXPECT_EQ(expect<cluster::Assignment>(first).id.task, waiting.text());
    EXPECT_FALSE(second->has_mail());
    EXPECT_EQ(provider_.count(), 2U);
}

TEST_F(AgentPoolTest, ASpareAgentIsReadyBeforeItIsNeeded) {
    start({.max_agents = 2, .spare_agents = 1, .idle_s = kSoonIdle});
    const Wire first = connected(1);
    submit();
    expect<cluster::Assignment>(first);
    EXPECT_NE(provider_.agent(2), nullptr) << "the next spare";
}

TEST_F(AgentPoolTest, AnAgentThatNeedsTooMuchMemoryIsReplaced) {
    configure("icons.safetensors", {.memory_mb = 1'024});
    start({.idle_s = kNeverIdle});
    const Wire first = connected(1);
    const domain::TaskId id = submit();
    expect<cluster::Assignment>(first);
    first->resident_bytes = 2 * kGigabyte;
    const Wire second = connected(2);
    const auto again = expect<cluster::Assignment>(second);
    EXPECT_EQ(again.id.task, id.text());
    EXPECT_EQ(again.id.attempt, 2);
    EXPECT_NE(functions_.load_failure("icons.safetensors").find("memorySize"), std::string::npos);
}

TEST_F(AgentPoolTest, ATaskThatTakesTooLongFailsAndIsDropped) {
    configure("icons.safetensors", {.timeout_s = 1});
    start({.idle_s = kNeverIdle});
    const Wire agent = connected(1);
    const domain::TaskId id = submit();
    const auto assignment = expect<cluster::Assignment>(agent);
    const domain::Task task = final_task(id);
    EXPECT_EQ(task.state, TaskState::failed);
    ASSERT_TRUE(task.error);
    EXPECT_EQ(task.error->code, ErrorCode::deadline_exceeded);
    EXPECT_EQ(expect<cluster::Drop>(agent).ids, std::vector{assignment.id});
    agent->say(cluster::Claim{8, ""});
    const domain::TaskId next = submit();
    EXPECT_EQ(expect<cluster::Assignment>(agent).id.task, next.text());
}

TEST_F(AgentPoolTest, AFunctionThatIsDeletedFinishesWhatItDraws) {
    start({.idle_s = kNeverIdle});
    const Wire first = connected(1);
    const domain::TaskId drawn = submit();
    const auto assignment = expect<cluster::Assignment>(first);
    service_->retire("icons");
    expect<cluster::Drain>(first);
    const domain::TaskId later = submit();
    deliver(first, assignment.id);
    EXPECT_EQ(final_task(drawn).state, TaskState::succeeded);
    EXPECT_FALSE(first->has_mail()) << "it takes nothing more";
    first->hang_up();
    const Wire second = connected(2);
    EXPECT_EQ(expect<cluster::Assignment>(second).id.task, later.text());
}

TEST_F(AgentPoolTest, ARestartReplacesAnAgentByOneWithItsCheckpoint) {
    start({.idle_s = kNeverIdle});
    const Wire first = connected(1);
    submit();
    const auto assignment = expect<cluster::Assignment>(first);
    first->say(cluster::Resident{"icons", 1, ""});
    service_->restart();
    expect<cluster::Drain>(first);
    deliver(first, assignment.id);
    first->hang_up();
    const Wire second = connected(2);
    EXPECT_EQ(expect<cluster::Load>(second).model, "icons");
    EXPECT_TRUE(service_->is_ready());
}

TEST_F(AgentPoolTest, AnAgentThatHasLoadedBeforeItAsksForTasksKeepsItsCheckpoint) {
    configure("icons.safetensors", {.min_instances = 1});
    start({.max_agents = 1, .idle_s = kNeverIdle});
    const Wire agent = provider_.agent(1);
    ASSERT_NE(agent, nullptr);
    EXPECT_EQ(expect<cluster::Load>(agent).model, "icons");
    agent->say(cluster::Hello{1, "test", ""});
    agent->say(cluster::Resident{"icons", 1, ""});
    agent->say(cluster::Claim{8, ""});
    const domain::TaskId id = submit("icons");
    EXPECT_EQ(expect<cluster::Assignment>(agent).id.task, id.text());
    const std::vector<domain::Instance> instances = service_->instances("icons");
    ASSERT_EQ(instances.size(), 1U);
    EXPECT_EQ(instances[0].loaded, 1.0);
}

TEST_F(AgentPoolTest, AnAgentThatLoadsTakesNoOtherTask) {
    configure("icons.safetensors", {.min_instances = 1});
    start({.max_agents = 1, .idle_s = kNeverIdle});
    const Wire agent = connected(1);
    expect<cluster::Load>(agent);
    agent->say(cluster::Resident{"icons", 0.5, ""});
    const domain::TaskId other = submit("other");
    const domain::TaskId icons = submit("icons");
    EXPECT_EQ(expect<cluster::Assignment>(agent).id.task, icons.text());
    agent->say(cluster::Resident{"icons", 1, ""});
    EXPECT_FALSE(agent->has_mail());
    deliver(agent, {icons.text(), 1});
    agent->say(cluster::Claim{8, ""});
    EXPECT_EQ(expect<cluster::Assignment>(agent).id.task, other.text());
}

TEST_F(AgentPoolTest, WhyACheckpointCannotBeLoadedIsKept) {
    configure("icons.safetensors", {.min_instances = 1});
    start({.max_agents = 2, .idle_s = kNeverIdle});
    const Wire agent = connected(1);
    expect<cluster::Load>(agent);
    agent->say(cluster::Resident{"icons", 0, "a tensor is missing"});
    // It is free again, and is not told to load the same at once.
    const domain::TaskId other = submit("other");
    EXPECT_EQ(expect<cluster::Assignment>(agent).id.task, other.text());
    EXPECT_EQ(functions_.load_failure("icons.safetensors"), "a tensor is missing");
    EXPECT_FALSE(functions_.may_load_ahead("icons.safetensors"));
}

TEST_F(AgentPoolTest, ItsFunctionsThreadsAreSetBeforeATask) {
    configure("icons.safetensors", {.cpu = 1.5});
    start({.max_agents = 1, .idle_s = kNeverIdle});
    const Wire agent = connected(1);
    submit("icons");
    EXPECT_EQ(expect<cluster::Threads>(agent).count, 2);
    deliver(agent, expect<cluster::Assignment>(agent).id);
    agent->say(cluster::Claim{8, ""});
    submit("other");
    EXPECT_EQ(expect<cluster::Threads>(agent).count, 0) << "as it was started";
    expect<cluster::Assignment>(agent);
}

TEST_F(AgentPoolTest, FunctionsBeginWithTheirFirstTaskAndCount) {
    start({.idle_s = kNeverIdle});
    const Wire agent = connected(1);
    submit("gone");
    const domain::TaskId id = submit("icons");
    deliver(agent, expect<cluster::Assignment>(agent).id);
    final_task(id);
    agent->say(cluster::Claim{8, ""});
    // The next is handed out after the first was counted.
    const domain::TaskId next = submit("icons");
    EXPECT_EQ(expect<cluster::Assignment>(agent).id.task, next.text());
    const auto functions = storage::wait(function_store_, &FunctionStore::list).value();
    ASSERT_EQ(functions.size(), 1U) << "none for a checkpoint that is not there";
    EXPECT_EQ(functions[0].checkpoint, "icons.safetensors");
    EXPECT_EQ(functions[0].usage, (domain::FunctionUsage{1, 1, 0}));
}

TEST_F(AgentPoolTest, ADrainWaitsForEveryAgent) {
    start({.max_agents = 2, .idle_s = kNeverIdle});
    const Wire first = connected(1);
    submit("icons");
    const auto assignment = expect<cluster::Assignment>(first);
    submit("other");
    const Wire second = connected(2);
    const auto other = expect<cluster::Assignment>(second);
    dispatcher_.begin_drain();
    auto drained = std::async(std::launch::async, [&] {
        const Deadline deadline = Deadline::after(std::chrono::seconds(10));
        return block_on(io_.executor(), service_->drain(deadline)).has_value();
    });
    for (const Wire& agent : {first, second})
        expect<cluster::Drain>(agent);
    deliver(first, assignment.id);
    deliver(second, other.id);
    first->hang_up();
    second->hang_up();
    EXPECT_TRUE(drained.get());
}

}  // namespace
}  // namespace darkroom::control
