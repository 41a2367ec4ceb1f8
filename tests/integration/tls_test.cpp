// SPDX-License-Identifier: Apache-2.0
// The real program under TLS.
#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kCertificate = DARKROOM_SOURCE_DIR "/tests/tls/certificate.pem";
constexpr const char* kKey = DARKROOM_SOURCE_DIR "/tests/tls/key.pem";
constexpr const char* kOtherKey = DARKROOM_SOURCE_DIR "/tests/tls/other-key.pem";
constexpr int kFailure = 1;
constexpr std::size_t kMaxFile = std::size_t{1} << 20;

class Tls : public testing::Test {
  protected:
    static Finished curl(std::vector<std::string> words) {
        words.insert(words.begin(), {"curl", "-sS", "--max-time", "100", "--cacert", kCertificate});
        return run_program(words);
    }

    /// What this process and those that it starts believe.
    int trust_ = ::setenv("SSL_CERT_FILE", kCertificate, 1);
    TemporaryFolder data_;
    Server server_{
        data_.path(), models_folder(), {"--tls-certificate", kCertificate, "--tls-key", kKey}};
};

TEST_F(Tls, CurlDrawsAPictureAndFollowsItsLink) {
    EXPECT_THAT(server_.url(), StartsWith("https://127.0.0.1:"));
    json::Object fields = fields_of({});
    fields.set("stable_diffusion_model", "icons-128.safetensors");
    const Finished drawn = curl({"-d", json::dump(std::move(fields)), server_.url() + "/txt2img"});
    ASSERT_EQ(drawn.status, 0) << drawn.errors;
    const json::Value body = json::parse(drawn.output).value();
    const std::string link = body["ossUrl"][0].as_string();
    EXPECT_THAT(link, StartsWith(server_.url() + "/images/"));
    const Finished picture = curl({"--tlsv1.2", "--tls-max", "1.2", link});
    EXPECT_EQ(picture.status, 0) << picture.errors;
    EXPECT_THAT(picture.output, StartsWith("\x89PNG"));
    EXPECT_NE(curl({"--tls-max", "1.1", link}).status, 0);
}

TEST_F(Tls, GenerateDrawsOnTheServerWhenItBelievesIt) {
    const TemporaryFolder folder;
    const std::string file = (folder / "fox.png").string();
    const std::vector<std::string> words = {
        "generate", "a fox", "--steps", "2", "--server", server_.url(), "-o", file};
    const Finished drawn = run_darkroom(words);
    EXPECT_EQ(drawn.status, 0) << drawn.errors;
    EXPECT_THAT(read_file(file, kMaxFile).value(), StartsWith("\x89PNG"));
    ::setenv("SSL_CERT_FILE", "/dev/null", 1);
    const Finished refused = run_darkroom(words);
    EXPECT_EQ(refused.status, kFailure);
    EXPECT_THAT(refused.errors, HasSubstr("does not prove who it is"));
}

TEST_F(Tls, PlainHttpIsToldSo) {
    EXPECT_THAT(
        server_.exchange("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        testing::AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("https://")));
}

TEST_F(Tls, AnOpenStreamEndsWithTheServer) {
    const TemporaryFolder folder;
    const Streams streams{folder / "output", folder / "errors"};
    const pid_t client = start_program(
        {"curl", "-sSN", "--cacert", kCertificate, server_.url() + "/events"}, streams);
    ASSERT_TRUE(
        eventually([&] { return !read_file(streams.output, kMaxFile).value_or("").empty(); }));
    server_.signal(SIGTERM);
    EXPECT_EQ(server_.wait(), 0) << server_.log();
    EXPECT_EQ(wait_for_end(client), 0) << read_file(streams.errors, kMaxFile).value();
}

TEST(TlsSettings, ThatAreWrongAreNamedAndNothingListens) {
    struct Row {
        std::string settings;
        const char* words;
    };
    const std::string certificate = std::string("tls_certificate = \"") + kCertificate + "\"\n";
    for (const Row& row :
         {Row{certificate, "server.tls_key is missing"},
          Row{std::string("tls_key = \"") + kKey + "\"\n", "server.tls_certificate is missing"},
          Row{certificate + "tls_key = \"/nonexistent/key.pem\"\n", "/nonexistent/key.pem"},
          Row{certificate + "tls_key = \"" + kCertificate + "\"\n", "no key in PEM"},
          Row{certificate + "tls_key = \"" + kOtherKey + "\"\n", "does not belong"}}) {
        const TemporaryFolder folder;
        const std::string file = (folder / "darkroom.toml").string();
        ASSERT_TRUE(write_file(file, "[server]\nport = 0\n" + row.settings));
        const Finished checked = run_darkroom({"config", "check", file});
        EXPECT_EQ(checked.status, kFailure) << row.words;
        EXPECT_THAT(checked.errors, HasSubstr(row.words));
        const Finished served = run_darkroom({"serve", "--config", file});
        EXPECT_NE(served.status, 0) << row.words;
        EXPECT_THAT(served.errors, HasSubstr(row.words));
    }
}

}  // namespace
}  // namespace darkroom::integration
