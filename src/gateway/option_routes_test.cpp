// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_options.h"
#include "gateway/credentials_fixture.h"

namespace darkroom::gateway {
namespace {

class OptionRoutes : public GatewayTest {
  protected:
    std::int64_t version() { return json_of(get("/options"))["version"].as_integer(); }
};

TEST_F(OptionRoutes, BothApisHaveTheSameOptions) {
    EXPECT_EQ(get("/options").body, R"({"data":{},"version":0})");
    ASSERT_EQ(post("/options", R"({"data": {"CLIP_stop_at_last_layers": 2}})").status, 200);
    EXPECT_EQ(json_of(get("/sdapi/v1/options"))["CLIP_stop_at_last_layers"].as_double(), 2.0);
    ASSERT_EQ(post("/sdapi/v1/options", R"({"eta_ancestral": 0.5})").status, 200);
    const json::Value data = json_of(get("/options"))["data"];
    EXPECT_EQ(json::dump(data), R"({"CLIP_stop_at_last_layers":2,"eta_ancestral":0.5})");
}

TEST_F(OptionRoutes, EveryChangeHasAVersionOfItsOwn) {
    const std::int64_t now_s = clock_.now_ms / 1000;
    ASSERT_EQ(post("/options", R"({"data": {"eta_ancestral": 0.5}})").status, 200);
    EXPECT_EQ(version(), now_s);
    ASSERT_EQ(post("/options", R"({"data": {"eta_ancestral": 0.25}})").status, 200);
    EXPECT_EQ(version(), now_s + 1);
    clock_.now_ms += 60'000;
    ASSERT_EQ(post("/options", R"({"data": {}})").status, 200);
    EXPECT_EQ(version(), now_s + 60);
}

TEST_F(OptionRoutes, AChangeOfAnOlderVersionIsRefused) {
    ASSERT_EQ(post("/options", R"({"data": {"eta_ancestral": 0.5}})").status, 200);
    const std::int64_t seen = version();
    const std::string body = format(R"({{"data": {{}}, "version": {}}})", seen);
    ASSERT_EQ(post("/options", body).status, 200);
    EXPECT_EQ(post("/options", body).status, 409);
    EXPECT_EQ(get("/options").body, format(R"({{"data":{{}},"version":{}}})", seen + 1));
}

TEST_F(OptionRoutes, TheyOutliveTheServer) {
    ASSERT_EQ(post("/options", R"({"data": {"eta_ancestral": 0.5}})").status, 200);
    const std::string body = get("/options").body;
    OptionStore again(folder_ / "options");
    const StoredOptions stored = again.get("local");
    EXPECT_EQ(json::dump(api::serverless_options_body(stored.options, stored.version)), body);
}

class OptionsOfTenants : public CredentialsTest {};

TEST_F(OptionsOfTenants, AreTheirOwn) {
    const std::string ann = key_for("ann", {domain::Scope::generate});
    const std::string bob = key_for("bob", {domain::Scope::generate});
    const std::string body = R"({"data": {"eta_ancestral": 0.5}})";
    ASSERT_EQ(send_as(ann, "POST /options", body).status, 200);
    EXPECT_EQ(send_as(bob, "GET /options").body, R"({"data":{},"version":0})");
}

}  // namespace
}  // namespace darkroom::gateway
