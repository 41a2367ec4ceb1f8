// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <string>

#include <gtest/gtest.h>

#include "base/check.h"
#include "base/format.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"

namespace darkroom::http {
namespace {

/// A handler that tells its name and what its placeholders hold.
Handler named(std::string name) {
    return immediate([name = std::move(name)](const Request& request) {
        std::string text = name;
        for (const auto& [key, value] : request.parameters)
            text += format(" {}={}", key, value);
        return text_response(200, text);
    });
}

runtime::Task<Response> route(const Router& router, Request request) {
    Response response = co_await router.handle(std::move(request));
    co_return response;
}

class RouterTest : public testing::Test {
  protected:
    Response ask(const std::string& method, const std::string& target) {
        Request request;
        request.method = method;
        request.target = target;
        request.location = parse_target(target).value();
        return runtime::block_on(io_.executor(), route(router_, std::move(request))).value();
    }

    std::string body(const std::string& target) { return ask("GET", target).body; }

    runtime::IoThreads io_;
    Router router_;
};

TEST_F(RouterTest, PlaceholdersAreDecodedValues) {
    router_.add("GET", "/", named("root"));
    router_.add("GET", "/tasks/{id}", named("task"));
    router_.add("GET", "/tasks/{id}/result/{n}", named("result"));
    router_.add("GET", "/files/{path...}", named("file"));
    EXPECT_EQ(body("/"), "root");
    EXPECT_EQ(body("/tasks/a%20b"), "task id=a b");
    EXPECT_EQ(body("/tasks/a%2Fb"), "task id=a/b");
    EXPECT_EQ(body("/tasks/7/result/2"), "result id=7 n=2");
    EXPECT_EQ(body("/files/a/b/c.png"), "file path=a/b/c.png");
    EXPECT_EQ(ask("GET", "/tasks/7").route, "/tasks/{id}");
}

TEST_F(RouterTest, LiteralsWinOverPlaceholdersWhateverTheOrder) {
    router_.add("GET", "/{all...}", named("all"));
    router_.add("GET", "/models/{name}", named("model"));
    router_.add("GET", "/models/list", named("list"));
    EXPECT_EQ(body("/models/list"), "list");
    EXPECT_EQ(body("/models/x"), "model name=x");
    EXPECT_EQ(body("/models/x/y"), "all all=models/x/y");
}

TEST_F(RouterTest, UnknownPathsAre404InA1111sShape) {
    router_.add("GET", "/tasks/{id}", named("task"));
    for (const std::string path : {"/", "/task", "/tasks", "/tasks/", "/tasks/1/2", "//tasks/1"}) {
        const Response response = ask("GET", path);
        EXPECT_EQ(response.status, 404) << path;
        EXPECT_EQ(response.body, R"({"detail":"Not Found"})");
        EXPECT_EQ(response.route, "");
    }
}

TEST_F(RouterTest, OtherMethodsAre405WithAllow) {
    router_.add("GET", "/sdapi/v1/options", named("get"));
    router_.add("POST", "/sdapi/v1/options", named("post"));
    for (const std::string method : {"HEAD", "PUT", "OPTIONS", "get"}) {
        const Response response = ask(method, "/sdapi/v1/options");
        EXPECT_EQ(response.status, 405) << method;
        EXPECT_EQ(response.body, R"({"detail":"Method Not Allowed"})");
        EXPECT_EQ(response.headers.get("Allow"), "GET, POST");
    }
    EXPECT_EQ(ask("POST", "/sdapi/v1/options").body, "post");
}

TEST_F(RouterTest, ATrailingSlashOnAKnownPathRedirects) {
    router_.add("GET", "/sdapi/v1/options", named("get"));
    router_.add("GET", "/models/{name}", named("model"));
    const Response response = ask("POST", "/sdapi/v1/options/?a=%20b");
    EXPECT_EQ(response.status, 307);
    EXPECT_EQ(response.headers.get("Location"), "/sdapi/v1/options?a=%20b");
    EXPECT_EQ(ask("GET", "/models/a%2Fb/").headers.get("Location"), "/models/a%2Fb");
}

TEST_F(RouterTest, RedirectsNeverLeaveTheServer) {
    router_.add("GET", "/{a}/{b}", named("pair"));
    router_.add("GET", "/{a}", named("one"));
    EXPECT_EQ(ask("GET", "//evil.com/").status, 404);
    EXPECT_EQ(ask("GET", "//evil.com").status, 404);
    EXPECT_EQ(ask("GET", "/a/").status, 307);
}

TEST_F(RouterTest, ErrorsTakeTheShapeOfTheirPath) {
    router_ = Router([](const Problem& problem, std::string_view path) {
        return path.starts_with("/sdapi") ? render_detail(problem, path)
                                          : text_response(problem.status, problem.message);
    });
    router_.add("GET", "/a", named("a"));
    EXPECT_EQ(ask("GET", "/sdapi/x").body, R"({"detail":"Not Found"})");
    EXPECT_EQ(ask("GET", "/x").body, "Not Found");
    EXPECT_EQ(ask("POST", "/a").headers.get("Allow"), "GET");
}

/// Lets "GET /a" through, marked, and nothing else.
boost::asio::awaitable<Response> only_a(std::string route, Request request, Handler next) {
    if (route != "GET /a") co_return text_response(401, "who asks for " + route);
    request.identity = std::string("ann");
    Response response = co_await next(std::move(request));
    response.headers.set("X-Guard", "was here");
    co_return response;
}

TEST_F(RouterTest, AGuardStandsBeforeRoutesAndRefusals) {
    router_.add("GET", "/a", immediate([](const Request& request) {
                    return text_response(200, std::any_cast<std::string>(request.identity));
                }));
    router_.add("GET", "/b/{id}", named("b"));
    router_.set_guard(only_a);
    const Response let_in = ask("GET", "/a");
    EXPECT_EQ(let_in.body, "ann");
    EXPECT_EQ(let_in.headers.get("X-Guard"), "was here");
    EXPECT_EQ(let_in.route, "/a");
    const Response kept_out = ask("GET", "/b/1");
    EXPECT_EQ(kept_out.body, "who asks for GET /b/{id}");
    EXPECT_EQ(kept_out.route, "/b/{id}") << "counted under its route all the same";
    EXPECT_EQ(ask("POST", "/a").status, 401) << "no 405 for strangers";
    EXPECT_EQ(ask("GET", "/nowhere").body, "who asks for ");
}

TEST_F(RouterTest, MalformedPatternsAreBrokenInvariants) {
    router_.add("GET", "/a", named("a"));
    EXPECT_THROW(router_.add("GET", "/a", named("again")), ContractViolation);
    EXPECT_THROW(router_.add("GET", "a", named("x")), ContractViolation);
    EXPECT_THROW(router_.add("GET", "/{", named("x")), ContractViolation);
    EXPECT_THROW(router_.add("GET", "/{}", named("x")), ContractViolation);
    EXPECT_THROW(router_.add("GET", "/{rest...}/b", named("x")), ContractViolation);
}

}  // namespace
}  // namespace darkroom::http
