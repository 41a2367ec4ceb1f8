// SPDX-License-Identifier: Apache-2.0
// Model files that come from other servers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "base/sha256.h"
#include "control/model_registration.h"
#include "http/server_fixture.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

http::Response moved(const std::string& target) {
    http::Response response;
    response.status = 302;
    response.headers.set("Location", target);
    return response;
}

class ModelFetchingTest : public http::ServerTest {
  protected:
    ModelFetchingTest() {
        fs::create_directories(folder_);
        const auto add = [&](const char* path, std::function<http::Response()> answer) {
            router_.add(
                "GET", path, http::immediate([answer](const http::Request&) { return answer(); }));
        };
        add("/models/a", [] { return http::text_response(200, std::string(10'000, 'w')); });
        add("/models/near", [] { return moved("/models/a"); });
        add("/models/away", [] { return moved("/private/a"); });
        add("/models/file", [] { return moved("file:///etc/passwd"); });
        add("/models/round", [] { return moved("/models/round"); });
        add("/private/a", [] { return http::text_response(200, "secret"); });
        start();
        fetching_.places = http::UrlPrefixes::parse({server_->url() + "/models/"}).value();
        fetching_.client =
            http::OutgoingClient(http::AddressPolicy::with_networks({"127.0.0.1"}).value());
    }
    ~ModelFetchingTest() override { fs::remove_all(folder_); }

    Result<std::shared_ptr<StagedFile>> fetch(const std::string& path) {
        return fetch_file(fetching_, server_->url() + path, folder_ / "new", [this](double share) {
            share_ = share;
            return !stops_;
        });
    }

    fs::path folder_ = fs::temp_directory_path() / ("darkroom-fetching-" + random_id());
    ModelFetching fetching_;
    double share_ = -1.0;
    bool stops_ = false;
};

TEST_F(ModelFetchingTest, AFileArrivesWholeAndHashed) {
    for (const char* path : {"/models/a", "/models/near"}) {
        const auto staged = fetch(path);
        ASSERT_TRUE(staged) << staged.error().message;
        EXPECT_EQ((*staged)->sha256(), sha256_hex(std::string(10'000, 'w')));
        EXPECT_EQ(fs::file_size((*staged)->path()), 10'000U);
        EXPECT_EQ(share_, 1.0);
    }
    EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ModelFetchingTest, OnlyPlacesThatAreAllowedAreAsked) {
    for (const char* path :
         {"/private/a", "/models/away", "/models/file", "/models/../private/a"}) {
        const auto refused = fetch(path);
        ASSERT_FALSE(refused) << path;
        EXPECT_EQ(refused.error().code, ErrorCode::permission_denied) << path;
    }
    EXPECT_EQ(fetch("/models/round").error().code, ErrorCode::bad_upstream);
    EXPECT_EQ(fetch("/models/none").error().code, ErrorCode::bad_upstream);
    EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ModelFetchingTest, AnAllowedPlaceInAPrivateNetworkIsNotEnough) {
    fetching_.client = http::OutgoingClient(http::AddressPolicy());
    EXPECT_EQ(fetch("/models/a").error().code, ErrorCode::invalid_argument);
    const std::string url = "https://127.0.0.1:" + std::to_string(port()) + "/models/";
    fetching_.places = http::UrlPrefixes::parse({url}).value();
    EXPECT_THAT(
        fetch_file(fetching_, url + "a", folder_ / "new", [](double) { return true; })
            .error()
            .message,
        HasSubstr("may not be connected to"));
}

TEST_F(ModelFetchingTest, WithoutPlacesNothingIsFetched) {
    fetching_.places = {};
    EXPECT_THAT(fetch("/models/a").error().message, HasSubstr("--model-url"));
}

TEST_F(ModelFetchingTest, AFetchEndsAtItsLimitAndWhenItIsTold) {
    stops_ = true;
    EXPECT_EQ(fetch("/models/a").error().code, ErrorCode::unavailable);
    stops_ = false;
    fetching_.max_bytes = 9'999;
    EXPECT_EQ(fetch("/models/a").error().code, ErrorCode::payload_too_large);
    EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace darkroom::control
