// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_fixture.h"

namespace darkroom::gateway {
namespace {

class RemovalRoutes : public GatewayTest {};

TEST_F(RemovalRoutes, AFinishedTaskGoesWithItsPicturesAndItsNameIsFree) {
    submit("order-1");
    const domain::LeaseToken token = lease();
    const storage::ObjectKey picture = finish(token);
    ASSERT_EQ(objects_.list({})->size(), 1U);
    EXPECT_EQ(ask("DELETE", "/tasks/order-1").status, 200);
    EXPECT_TRUE(objects_.list({})->empty());
    EXPECT_EQ(ask("DELETE", "/tasks/order-1").status, 404);
    EXPECT_EQ(ask("GET", "/tasks/order-1/result").status, 404);
    EXPECT_EQ(ask("GET", "/tasks/" + token.id.text() + "/progress").status, 404);
    EXPECT_NE(submit("order-1"), token.id);
}

TEST_F(RemovalRoutes, ATaskThatHasNotEndedStays) {
    const domain::TaskId id = submit();
    EXPECT_EQ(ask("DELETE", "/tasks/" + id.text()).status, 409);
    lease();
    EXPECT_EQ(ask("DELETE", "/tasks/" + id.text()).status, 409);
    EXPECT_EQ(ask("GET", "/tasks/" + id.text() + "/progress").status, 200);
}

TEST_F(RemovalRoutes, SomebodyElsesTaskIsNotFoundAndStays) {
    const domain::TaskId theirs = submit("", "rival");
    finish(lease(), "rival");
    EXPECT_EQ(ask("DELETE", "/tasks/" + theirs.text()).status, 404);
    EXPECT_TRUE(storage::wait(store_, &storage::TaskStore::get, theirs));
    EXPECT_EQ(objects_.list({})->size(), 1U);
}

TEST_F(RemovalRoutes, ATaskWhosePicturesTheSweeperTookNamesNone) {
    http::ClientRequest request;
    request.method = "POST";
    request.url = server_->url() + "/txt2img";
    request.body = R"({"stable_diffusion_model": "icons"})";
    request.headers.set("Request-Type", "async");
    ASSERT_EQ(tell(std::move(request)).status, 200);
    const domain::LeaseToken token = lease();
    finish(token);
    const std::string path = "/tasks/" + token.id.text() + "/result";
    EXPECT_EQ(json_of(ask("GET", path))["images"].as_array().size(), 1U);
    ASSERT_TRUE(storage::wait(store_, &storage::TaskStore::give_up_pictures, token.id));
    const http::ClientResponse answer = ask("GET", path);
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(json_of(answer)["images"].as_array().empty()) << answer.body;
}

}  // namespace
}  // namespace darkroom::gateway
