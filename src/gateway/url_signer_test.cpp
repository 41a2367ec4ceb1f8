// SPDX-License-Identifier: Apache-2.0
#include "gateway/url_signer.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/random.h"

namespace darkroom::gateway {
namespace {

namespace fs = std::filesystem;

class Links : public testing::Test {
  protected:
    ~Links() override {
        std::error_code ignored;
        fs::remove(file_, ignored);
    }

    static storage::ObjectKey key(const std::string& text) {
        return storage::ObjectKey::parse(text).value();
    }

    static http::Parameters query_of(const std::string& path) {
        return http::parse_target(path).value().query;
    }

    FakeClock clock_;
    fs::path file_ = fs::temp_directory_path() / ("darkroom-links-" + random_id());
    UrlSigner signer_ = UrlSigner::open(file_, clock_).value();
    storage::ObjectKey picture_ = key("local/1/0.png");
    std::string path_ = signer_.path_of(picture_);
};

TEST_F(Links, LeadToTheirPictureOnly) {
    EXPECT_TRUE(path_.starts_with("/images/local/1/0.png?"));
    EXPECT_TRUE(signer_.check(picture_, query_of(path_)));
    EXPECT_EQ(
        signer_.check(key("local/1/1.png"), query_of(path_)).error().code,
        ErrorCode::permission_denied);
}

TEST_F(Links, CannotBeMadeOrProlongedByHand) {
    EXPECT_FALSE(signer_.check(picture_, {}));
    EXPECT_FALSE(signer_.check(picture_, query_of("/x?expires=99999999999&signature=00")));
    const std::string signature(query_of(path_).get("signature"));
    EXPECT_FALSE(
        signer_.check(picture_, query_of("/x?expires=99999999999&signature=" + signature)));
}

TEST_F(Links, Expire) {
    clock_.now_ms += (UrlSigner::kLifetimeS - 1) * 1000;
    EXPECT_TRUE(signer_.check(picture_, query_of(path_)));
    clock_.now_ms += 1000;
    const Result<void> late = signer_.check(picture_, query_of(path_));
    ASSERT_FALSE(late);
    EXPECT_NE(late.error().message.find("expired"), std::string::npos);
}

TEST_F(Links, OutliveARestartOfTheServer) {
    const UrlSigner again = UrlSigner::open(file_, clock_).value();
    EXPECT_TRUE(again.check(picture_, query_of(path_)));
    EXPECT_EQ(fs::status(file_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Links, ADamagedSecretIsRefused) {
    ASSERT_TRUE(write_file(file_, "short"));
    const auto opened = UrlSigner::open(file_, clock_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::corrupt_input);
}

}  // namespace
}  // namespace darkroom::gateway
