// SPDX-License-Identifier: Apache-2.0
#include "storage/task_requests.h"

#include <limits>

#include <gtest/gtest.h>

namespace darkroom::storage {
namespace {

domain::NewTask valid_task() {
    return domain::NewTask{
        .tenant = "studio",
        .kind = "txt2img",
        .model = "icons-128",
        .request = "{}",
        .body_hash = "hash"};
}

void expect_refused(const Result<void>& outcome, const char* field) {
    ASSERT_FALSE(outcome) << field;
    EXPECT_EQ(outcome.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(outcome.error().field, field);
}

TEST(TaskRequests, ATaskNeedsATenantAKindAndFiniteNumbers) {
    EXPECT_TRUE(validate(valid_task()));
    domain::NewTask task = valid_task();
    task.tenant.clear();
    expect_refused(validate(task), "tenant");
    task = valid_task();
    task.kind.clear();
    expect_refused(validate(task), "kind");
    task = valid_task();
    // Not everything is drawn with a checkpoint.
    task.model.clear();
    EXPECT_TRUE(validate(task));
    task = valid_task();
    task.vft = std::numeric_limits<double>::quiet_NaN();
    expect_refused(validate(task), "vft");
    task = valid_task();
    task.cost_s = std::numeric_limits<double>::infinity();
    expect_refused(validate(task), "cost_s");
}

TEST(TaskRequests, AClaimNeedsAnAgentACountAndALease) {
    EXPECT_TRUE(validate(ClaimRequest{.agent = "agent-1"}));
    expect_refused(validate(ClaimRequest{.agent = ""}), "agent");
    expect_refused(validate(ClaimRequest{.agent = "a", .max_count = 0}), "max_count");
    expect_refused(validate(ClaimRequest{.agent = "a", .max_count = 1'001}), "max_count");
    expect_refused(validate(ClaimRequest{.agent = "a", .lease_ms = 0}), "lease_ms");
    expect_refused(
        validate(ClaimRequest{.agent = "a", .lease_ms = std::numeric_limits<std::int64_t>::max()}),
        "lease_ms");
}

TEST(TaskRequests, ANameIsATenantsKey) {
    EXPECT_TRUE(validate(TaskName{"studio", "key-1"}));
    expect_refused(validate(TaskName{"", "key-1"}), "tenant");
    expect_refused(validate(TaskName{"studio", ""}), "idempotency_key");
}

TEST(TaskRequests, OtherCallsAreCheckedToo) {
    EXPECT_TRUE(validate(Heartbeat{.agent = "a", .tasks = {}}));
    expect_refused(validate(Heartbeat{.agent = "", .tasks = {}}), "agent");
    expect_refused(validate(Heartbeat{.agent = "a", .tasks = {}, .lease_ms = -1}), "lease_ms");
    expect_refused(validate(AgentRelease{.agent = ""}), "agent");
    expect_refused(validate(TaskFilter{.limit = 0}), "limit");
    expect_refused(validate(TaskFilter{.limit = 100'000}), "limit");
}

}  // namespace
}  // namespace darkroom::storage
