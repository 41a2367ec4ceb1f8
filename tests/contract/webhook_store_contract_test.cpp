// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "contract/task_store_fixture.h"
#include "storage/memory/in_memory_webhook_store.h"
#include "storage/sqlite/sqlite_webhook_store.h"
#include "storage/webhook_store.h"

namespace darkroom::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class WebhookStoreContract : public ::testing::TestWithParam<TaskStoreKind> {
  protected:
    WebhookStoreContract() {
        std::filesystem::create_directories(folder_);
        if (GetParam() == TaskStoreKind::memory) {
            auto hooks = std::make_unique<InMemoryWebhookStore>(clock);
            auto rows = std::make_unique<InMemoryTaskStore>(clock);
            rows->on_event(
                [store = hooks.get()](const domain::TaskEvent& event) { store->add_event(event); });
            webhooks = std::move(hooks);
            tasks = std::move(rows);
        } else {
            auto database = SqliteDatabase::open(folder_ / "tasks.db", clock).value();
            webhooks = std::make_unique<SqliteWebhookStore>(database);
            tasks = SqliteTaskStore::open(database).value();
        }
    }
    ~WebhookStoreContract() override {
        tasks.reset();
        webhooks.reset();
        std::filesystem::remove_all(folder_);
    }

    Webhook put(std::string url = "https://a.example/", std::string tenant = "studio") {
        const NewWebhook request{std::move(tenant), std::move(url), {"new", "old"}};
        return wait(*webhooks, &WebhookStore::put, request).value();
    }
    std::vector<Webhook> list() {
        return wait(*webhooks, &WebhookStore::list, std::string("studio")).value();
    }
    std::vector<WebhookDelivery> claim(std::int32_t limit = 100) {
        return wait(*webhooks, &WebhookStore::claim, DeliveryClaim{limit, 1'000}).value();
    }
    void delivered(const std::string& id) {
        ASSERT_TRUE(wait(*webhooks, &WebhookStore::delivered, id));
    }
    void failed(const std::string& id, std::int32_t disable_after = 20) {
        const FailedDelivery request{id, "no answer", 500, disable_after};
        ASSERT_TRUE(wait(*webhooks, &WebhookStore::failed, request));
    }
    domain::TaskId submit(std::string tenant = "studio") {
        domain::NewTask request;
        request.trace = trace;
        request.tenant = std::move(tenant);
        request.kind = "txt2img";
        request.model = "icons";
        return wait(*tasks, &TaskStore::submit, request)->task.id;
    }
    domain::TaskId cancelled(std::string tenant = "studio") {
        const domain::TaskId id = submit(std::move(tenant));
        EXPECT_TRUE(wait(*tasks, &TaskStore::cancel, id));
        return id;
    }

    FakeClock clock;
    /// Of what is submitted.
    std::optional<TraceContext> trace;
    std::unique_ptr<WebhookStore> webhooks;
    std::unique_ptr<TaskStore> tasks;

  private:
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("darkroom-webhooks-" + random_id());
};

TEST_P(WebhookStoreContract, EveryEndOfATaskIsOneMessage) {
    const Webhook webhook = put();
    const domain::TaskId id = submit();
    EXPECT_THAT(claim(), IsEmpty());
    ASSERT_EQ(wait(*tasks, &TaskStore::claim, {.agent = "agent-1"})->size(), 1U);
    const domain::LeaseToken token{id, 1, "agent-1"};
    ASSERT_TRUE(wait(*tasks, &TaskStore::complete, {token, "{}"}));
    ASSERT_TRUE(wait(*tasks, &TaskStore::complete, {token, "{}"}));
    const std::vector<WebhookDelivery> messages = claim();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].webhook.id, webhook.id);
    EXPECT_EQ(messages[0].webhook.url, "https://a.example/");
    EXPECT_THAT(messages[0].webhook.secrets, ElementsAre("new", "old"));
    EXPECT_EQ(messages[0].event->task, id);
    EXPECT_EQ(messages[0].event->kind, domain::TaskEventKind::succeeded);
    EXPECT_EQ(messages[0].wall_ms, clock.now_ms);
    delivered(messages[0].id);
    EXPECT_THAT(claim(), IsEmpty());
}

TEST_P(WebhookStoreContract, AMessageGoesToItsOwnTenantAndOutlivesItsTask) {
    put();
    put("https://b.example/");
    put("https://a.example/", "rival");
    const domain::TaskId id = cancelled();
    ASSERT_TRUE(wait(*tasks, &TaskStore::remove, id));
    const std::vector<WebhookDelivery> messages = claim();
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0].webhook.url, "https://a.example/");
    EXPECT_EQ(messages[1].webhook.url, "https://b.example/");
    for (const WebhookDelivery& message : messages) {
        EXPECT_EQ(message.webhook.tenant, "studio");
        EXPECT_EQ(message.event->task, id);
    }
    EXPECT_NE(messages[0].id, messages[1].id);
}

TEST_P(WebhookStoreContract, AMessageKeepsTheTraceOfItsTask) {
    put();
    trace = TraceContext::begin();
    const domain::TaskId id = cancelled();
    ASSERT_TRUE(wait(*tasks, &TaskStore::remove, id));
    const WebhookDelivery message = claim().at(0);
    EXPECT_EQ(message.event->trace, trace);
    delivered(message.id);
    trace.reset();
    cancelled();
    EXPECT_EQ(claim().at(0).event->trace, std::nullopt);
}

TEST_P(WebhookStoreContract, OneMessageOfAWebhookIsOnItsWayAtATime) {
    put();
    const domain::TaskId first = cancelled();
    const domain::TaskId second = cancelled();
    const std::vector<WebhookDelivery> messages = claim();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].event->task, first);
    EXPECT_THAT(claim(), IsEmpty());
    put();
    EXPECT_THAT(claim(), IsEmpty()) << "putting it again let the next message go";
    delivered(messages[0].id);
    EXPECT_EQ(claim().at(0).event->task, second);
}

TEST_P(WebhookStoreContract, AMessageThatWasNotHeardOfComesAgainUnderItsId) {
    put();
    cancelled();
    const std::string id = claim().at(0).id;
    clock.now_ms += 999;
    EXPECT_THAT(claim(), IsEmpty());
    clock.now_ms += 1;
    EXPECT_EQ(claim().at(0).id, id);
    failed(id);
    EXPECT_EQ(list().at(0).failures, 1);
    clock.now_ms += 499;
    EXPECT_THAT(claim(), IsEmpty());
    clock.now_ms += 1;
    EXPECT_EQ(claim().at(0).id, id);
    delivered(id);
    EXPECT_EQ(list().at(0).failures, 0);
}

TEST_P(WebhookStoreContract, TooManyFailuresDisableWithTheReason) {
    const Webhook webhook = put();
    cancelled();
    cancelled();
    const std::string id = claim().at(0).id;
    failed(id, 2);
    EXPECT_EQ(list().at(0).disabled_reason, "");
    failed(id, 2);
    EXPECT_EQ(list().at(0).disabled_reason, "no answer");
    clock.now_ms += 100'000;
    cancelled();
    EXPECT_THAT(claim(), IsEmpty());
    const WebhookName name{"studio", webhook.id};
    EXPECT_EQ(wait(*webhooks, &WebhookStore::test, name).error().code, ErrorCode::conflict);

    EXPECT_EQ(put().id, webhook.id);
    EXPECT_EQ(list().at(0).disabled_reason, "");
    EXPECT_EQ(list().at(0).failures, 0);
    EXPECT_THAT(claim(), IsEmpty());
    cancelled();
    EXPECT_THAT(claim(), SizeIs(1));
}

TEST_P(WebhookStoreContract, ATestIsAMessageWithoutAnEvent) {
    const Webhook webhook = put();
    const std::string id =
        wait(*webhooks, &WebhookStore::test, WebhookName{"studio", webhook.id}).value();
    const std::vector<WebhookDelivery> messages = claim();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].id, id);
    EXPECT_FALSE(messages[0].event);
    EXPECT_EQ(messages[0].wall_ms, clock.now_ms);
}

TEST_P(WebhookStoreContract, ARotationKeepsTheNewestSecretBesideTheNextOne) {
    const WebhookName name{"studio", put().id};
    const WebhookRotation request{name, "next"};
    EXPECT_THAT(
        wait(*webhooks, &WebhookStore::rotate, request)->secrets, ElementsAre("next", "new"));
    EXPECT_THAT(list().at(0).secrets, ElementsAre("next", "new"));
    cancelled();
    EXPECT_THAT(claim().at(0).webhook.secrets, ElementsAre("next", "new"));
    const WebhookRotation unknown{{"rival", name.id}, "next"};
    EXPECT_EQ(wait(*webhooks, &WebhookStore::rotate, unknown).error().code, ErrorCode::not_found);
}

TEST_P(WebhookStoreContract, AWebhookIsItsTenantsOwn) {
    const Webhook webhook = put();
    const WebhookName stolen{"rival", webhook.id};
    EXPECT_EQ(wait(*webhooks, &WebhookStore::remove, stolen).error().code, ErrorCode::not_found);
    EXPECT_EQ(wait(*webhooks, &WebhookStore::test, stolen).error().code, ErrorCode::not_found);
    cancelled();
    const WebhookName own{"studio", webhook.id};
    ASSERT_TRUE(wait(*webhooks, &WebhookStore::remove, own));
    EXPECT_THAT(list(), IsEmpty());
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(wait(*webhooks, &WebhookStore::remove, own).error().code, ErrorCode::not_found);
}

TEST_P(WebhookStoreContract, ATenantHasSoManyAndMayChangeThemThen) {
    for (int i = 0; i < WebhookStore::kMostOfTenant; ++i)
        put("https://a.example/" + std::to_string(i));
    const NewWebhook one_more{"studio", "https://b.example/", {"s"}};
    EXPECT_EQ(wait(*webhooks, &WebhookStore::put, one_more).error().code, ErrorCode::conflict);
    put("https://a.example/3");
    put("https://b.example/", "rival");
    EXPECT_THAT(list(), SizeIs(static_cast<std::size_t>(WebhookStore::kMostOfTenant)));
}

TEST_P(WebhookStoreContract, TenantsTakeTurns) {
    for (int i = 0; i < 5; ++i)
        put("https://a.example/" + std::to_string(i), "flood");
    put();
    cancelled("flood");
    cancelled();
    DeliveryClaim request{.limit = 4, .hold_ms = 1'000};
    const auto tenants_of = [](const std::vector<WebhookDelivery>& messages) {
        std::vector<std::string> tenants;
        for (const WebhookDelivery& message : messages)
            tenants.push_back(message.webhook.tenant);
        return tenants;
    };
    const auto first = wait(*webhooks, &WebhookStore::claim, request).value();
    EXPECT_THAT(tenants_of(first), ElementsAre("flood", "studio", "flood"));
    request = {.limit = 1, .hold_ms = 1'000, .under_way = {{"flood", 2}, {"studio", 1}}};
    EXPECT_THAT(wait(*webhooks, &WebhookStore::claim, request).value(), IsEmpty());
    put("https://c.example/", "late");
    cancelled("late");
    const auto late = wait(*webhooks, &WebhookStore::claim, request).value();
    EXPECT_THAT(tenants_of(late), ElementsAre("late"));
}

TEST_P(WebhookStoreContract, AUrlThatIsPutAgainWithoutSecretsKeepsItsOwn) {
    NewWebhook request{"studio", "https://a.example/", {}, "first"};
    const Webhook made = wait(*webhooks, &WebhookStore::put, request).value();
    EXPECT_THAT(made.secrets, ElementsAre("first"));
    request.first_secret = "another";
    const Webhook again = wait(*webhooks, &WebhookStore::put, request).value();
    EXPECT_EQ(again.id, made.id);
    EXPECT_THAT(again.secrets, ElementsAre("first"));
    request.secrets = {"wanted"};
    EXPECT_THAT(wait(*webhooks, &WebhookStore::put, request)->secrets, ElementsAre("wanted"));
    EXPECT_THAT(list(), SizeIs(1));
}

TEST_P(WebhookStoreContract, UnknownDeliveriesAreIgnored) {
    put();
    delivered("nonsense");
    failed("nonsense", 1);
    EXPECT_EQ(list().at(0).disabled_reason, "");
}

INSTANTIATE_TEST_SUITE_P(
    Stores,
    WebhookStoreContract,
    ::testing::Values(TaskStoreKind::memory, TaskStoreKind::sqlite),
    task_store_name);

}  // namespace
}  // namespace darkroom::storage
