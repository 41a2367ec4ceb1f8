// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway_fixture.h"

namespace darkroom::gateway {
namespace {

class UsageRoutes : public GatewayTest {
  protected:
    void draw() {
        submit();
        finish(lease());
        submit("", "rival");
        finish(lease(), "rival");
    }
};

TEST_F(UsageRoutes, TheCallerSeesItsOwnAccount) {
    draw();
    const json::Value body = json::parse(ask("GET", "/usage").body).value();
    ASSERT_EQ(body["usage"].as_array().size(), 1U);
    const json::Value& row = body["usage"][0];
    EXPECT_EQ(row["tenant"].as_string(), "local");
    EXPECT_EQ(row["model"].as_string(), "icons");
    EXPECT_EQ(json::dump(row["requests"]), "1");
    EXPECT_EQ(json::dump(row["bytes"]), "500");
}

TEST_F(UsageRoutes, CsvComesByNameOrByHeader) {
    draw();
    const http::ClientResponse named = ask("GET", "/usage?format=csv");
    EXPECT_EQ(named.headers.get("Content-Type"), "text/csv; charset=utf-8");
    EXPECT_TRUE(named.body.starts_with("tenant,day,model,requests,")) << named.body;
    EXPECT_NE(named.body.find("\r\nlocal,"), std::string::npos);
    http::ClientRequest request;
    request.url = server_->url() + "/usage";
    request.headers.set("Accept", "text/csv");
    EXPECT_EQ(tell(std::move(request)).body, named.body);
}

TEST_F(UsageRoutes, OnlyTheDaysAskedForCount) {
    draw();
    EXPECT_EQ(ask("GET", "/usage?from=2001-01-01&to=2001-12-31").body, R"({"usage":[]})");
    EXPECT_EQ(ask("GET", "/usage?from=2999-01-01").status, 422);
    EXPECT_EQ(ask("GET", "/usage?from=2001-01-01&to=2999-01-01").status, 422);
    EXPECT_EQ(ask("GET", "/usage?to=yesterday").status, 422);
    EXPECT_EQ(ask("GET", "/usage?format=xml").status, 422);
}

}  // namespace
}  // namespace darkroom::gateway
