// SPDX-License-Identifier: Apache-2.0
// What one tenant sees of another: nothing. And what a body may not set.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "gateway/credentials_fixture.h"

namespace darkroom::gateway {
namespace {

using domain::Scope;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kBody = R"({"stable_diffusion_model": "icons"})";

class Tenancy : public CredentialsTest {
  protected:
    std::string submit(
        const std::string& key, const std::string& body = kBody, http::Headers headers = {}) {
        headers.set("Request-Type", "async");
        const auto answer = send_as(key, "POST /txt2img", body, std::move(headers));
        EXPECT_EQ(answer.status, 200) << answer.body;
        return json_of(answer)["taskId"].as_string();
    }
    domain::Task only_task() {
        const auto tasks =
            storage::wait(store_, &storage::TaskStore::list, {.with_payload = true}).value();
        EXPECT_EQ(tasks.size(), 1U);
        return tasks.at(0);
    }

    std::string studio_ = key_for("studio", {Scope::generate});
    std::string agency_ = key_for("agency", {Scope::generate});
};

TEST_F(Tenancy, AnotherTenantsTaskIsNotFoundWhateverIsAskedOfIt) {
    const std::string waiting = submit(agency_);
    const std::string named = submit(agency_, kBody, {{"taskId", "mine"}});
    for (const std::string& id : {waiting, named}) {
        for (const std::string& route :
             {"GET /tasks/" + id + "/result",
              "GET /tasks/" + id + "/progress",
              "POST /tasks/" + id + "/cancellation"}) {
            const auto answer = send_as(studio_, route);
            EXPECT_EQ(answer.status, 404) << route;
            EXPECT_EQ(answer.body, R"({"message":"not found"})") << "as for one that never was";
        }
    }
    EXPECT_EQ(json_of(send_as(studio_, "GET /tasks"))["tasks"].as_array().size(), 0U);
    EXPECT_EQ(json_of(send_as(agency_, "GET /tasks"))["tasks"].as_array().size(), 2U);
    const auto page = send_as(studio_, "GET /tasks?before=" + waiting);
    EXPECT_EQ(json_of(page)["tasks"].as_array().size(), 0U);
    EXPECT_EQ(send_as(agency_, "GET /tasks/" + waiting + "/progress").status, 200);
}

TEST_F(Tenancy, ProgressAndInterruptOfA1111AreTheCallersOwn) {
    submit(agency_, kBody, {{"taskId", "mine"}});
    const auto theirs = json_of(send_as(agency_, "GET /sdapi/v1/progress?id_task=mine"));
    EXPECT_NE(theirs["state"]["job_count"].as_integer(), 0);
    for (const char* route : {"GET /sdapi/v1/progress", "GET /sdapi/v1/progress?id_task=mine"}) {
        EXPECT_EQ(json_of(send_as(studio_, route))["state"]["job_count"].as_integer(), 0) << route;
    }
    const auto tasks = storage::wait(store_, &storage::TaskStore::claim, {.agent = kAgent}).value();
    ASSERT_EQ(tasks.size(), 1U);
    dispatcher_.progress().hold(tasks[0].id);
    EXPECT_EQ(send_as(studio_, "POST /sdapi/v1/interrupt").status, 200);
    EXPECT_FALSE(dispatcher_.progress().find(tasks[0].id)->is_interrupted);
    EXPECT_EQ(send_as(agency_, "POST /sdapi/v1/interrupt").status, 200);
    EXPECT_TRUE(dispatcher_.progress().find(tasks[0].id)->is_interrupted);
}

TEST_F(Tenancy, TheSameNameIsTwoTasksOfTwoTenants) {
    submit(studio_, kBody, {{"taskId", "mine"}});
    submit(agency_, kBody, {{"taskId", "mine"}});
    EXPECT_EQ(draw_next().tenant, "studio");
    EXPECT_EQ(
        json_of(send_as(studio_, "GET /tasks/mine/result"))["status"].as_string(), "succeeded");
    EXPECT_EQ(json_of(send_as(agency_, "GET /tasks/mine/result"))["status"].as_string(), "waiting");
}

TEST_F(Tenancy, ALinkIsGoodForItsPictureOnly) {
    const std::string id = submit(studio_);
    draw_next();
    const auto result = json_of(send_as(studio_, "GET /tasks/" + id + "/result"));
    const std::string url = result["ossUrl"][0].as_string();
    const std::string path = url.substr(url.find("/images/"));
    EXPECT_EQ(get(path).status, 200) << "the signature is the credential";
    std::string foreign = path;
    foreign.replace(foreign.find("studio"), 6, "agency");
    EXPECT_EQ(get(foreign).status, 403);
    EXPECT_EQ(get(path.substr(0, path.find('?'))).status, 403);
    EXPECT_EQ(get(path.substr(0, path.find('?')), bearer(studio_)).status, 403);
    std::string later = path;
    later.replace(later.find("expires=") + 8, 1, "9");
    EXPECT_EQ(get(later).status, 403);
    EXPECT_NE(send("POST", path, {}, "").status, 200) << "signed for GET";
    clock_.now_ms += UrlSigner::kLifetimeS * 1000;
    EXPECT_EQ(get(path).status, 403);
}

TEST_F(Tenancy, AnotherTenantsPictureIsNoInput) {
    submit(agency_);
    const std::string key = "agency/" + draw_next().id.text() + "/1/0.png";
    const std::string body = json::dump(json::Object{{"image", key}});
    const auto foreign = send_as(studio_, "POST /sdapi/v1/png-info", body);
    EXPECT_EQ(foreign.status, 422);
    EXPECT_THAT(foreign.body, HasSubstr("no such picture"));
    const auto own = send_as(agency_, "POST /sdapi/v1/png-info", body);
    EXPECT_THAT(own.body, Not(HasSubstr("no such picture"))) << "it is there, though it is empty";
}

TEST_F(Tenancy, OptionsAreTheTenantsOwn) {
    const auto set =
        send_as(agency_, "POST /sdapi/v1/options", R"({"CLIP_stop_at_last_layers": 3})");
    ASSERT_EQ(set.status, 200) << set.body;
    const auto layers = [&](const std::string& key) {
        return json_of(send_as(key, "GET /sdapi/v1/options"))["CLIP_stop_at_last_layers"]
            .as_double();
    };
    EXPECT_EQ(layers(agency_), 3);
    EXPECT_EQ(layers(studio_), 1);
}

TEST_F(Tenancy, ABodySetsNothingThatIsNotTheCallersToSet) {
    const std::string body = R"({"stable_diffusion_model": "icons", "tenant": "agency",
        "username": "agency", "state": "succeeded", "attempt": 7, "priority": 1000,
        "owner": "agent-9", "cost_s": -1, "vft": -1, "failures": -5, "id": "x",
        "idempotency_key": "k", "created_ms": 1})";
    submit(studio_, body);
    const domain::Task task = only_task();
    EXPECT_EQ(task.tenant, "studio");
    EXPECT_EQ(task.state, domain::TaskState::queued);
    EXPECT_EQ(task.attempt, 0);
    EXPECT_EQ(task.priority, 0);
    EXPECT_EQ(task.owner, "");
    EXPECT_EQ(task.failures, 0);
    EXPECT_GE(task.cost_s, 0.0);
    EXPECT_GE(task.vft, 0.0);
    EXPECT_EQ(task.created_ms, clock_.now_ms);
    EXPECT_THAT(task.idempotency_key, Not(HasSubstr("k")));
}

TEST_F(Tenancy, SettingsOfTheServerAreNoOverrideSettings) {
    for (const char* setting : {"outdir_samples", "ckpt_dir", "temp_dir"}) {
        const auto answer =
            send_as(studio_, "POST /sdapi/v1/options", format(R"({{"{}": "/etc"}})", setting));
        EXPECT_EQ(answer.status, 500) << setting;
        EXPECT_THAT(answer.body, HasSubstr("KeyError")) << setting;
    }
}

}  // namespace
}  // namespace darkroom::gateway
