// SPDX-License-Identifier: Apache-2.0
// Pictures that were uploaded before the request that names them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/format.h"
#include "gateway/credentials_fixture.h"
#include "image/png.h"

namespace darkroom::gateway {
namespace {

using domain::Scope;
using ::testing::HasSubstr;

class NamedPictures : public CredentialsTest {
  protected:
    static std::string png() {
        const image::Image grey{
            .width = 16, .height = 16, .pixels = std::vector<std::uint8_t>(768, 128)};
        const auto file = image::encode_png(grey, {}).value();
        return {reinterpret_cast<const char*>(file.data()), file.size()};
    }
    std::string begin(const std::string& key, std::size_t bytes) {
        const auto answer =
            send_as(key, "POST /uploads", format(R"({{"type": "image", "size": {}}})", bytes));
        EXPECT_EQ(answer.status, 201) << answer.body;
        EXPECT_EQ(json_of(answer)["type"].as_string(), "image");
        return json_of(answer)["id"].as_string();
    }
    int send(const std::string& key, const std::string& id, const std::string& file) {
        const std::string range = format("bytes 0-{0}/{1}", file.size() - 1, file.size());
        return send_as(key, "PUT /uploads/" + id, file, {{"Content-Range", range}}).status;
    }
    http::ClientResponse draw_from(const std::string& key, const std::string& picture) {
        const std::string body = format(
            R"({{"stable_diffusion_model": "icons", "images": ["{0}"], "init_images": ["{0}"]}})",
            picture);
        return send_as(key, "POST /img2img", body, {{"Request-Type", "async"}});
    }

    std::string studio_ = key_for("studio", {Scope::generate});
    std::string agency_ = key_for("agency", {Scope::generate});
};

TEST_F(NamedPictures, AnUploadIsThePictureOfAsManyRequestsAsNameIt) {
    const std::string id = begin(studio_, png().size());
    EXPECT_EQ(send(studio_, id, png()), 200);
    for (int i = 0; i < 2; ++i) {
        const auto answer = draw_from(studio_, id);
        ASSERT_EQ(answer.status, 200) << answer.body;
        const std::string task = json_of(answer)["taskId"].as_string();
        const auto key = storage::ObjectKey::parse("studio/" + task + "/0/input-1");
        const auto stored = objects_.get(key.value());
        ASSERT_TRUE(stored) << "it goes with the task, whatever becomes of the upload";
        EXPECT_EQ(stored->size(), png().size());
    }
}

TEST_F(NamedPictures, OnlyWholePicturesOfTheTenantsOwnAreTaken) {
    const std::string id = begin(studio_, png().size());
    EXPECT_THAT(draw_from(studio_, id).body, HasSubstr("not complete"));
    EXPECT_EQ(send(studio_, id, png()), 200);
    const auto stranger = draw_from(agency_, id);
    EXPECT_EQ(stranger.status, 400);
    EXPECT_THAT(stranger.body, HasSubstr("no such upload"));
    EXPECT_EQ(send(agency_, id, png()), 404);
    const std::string text = "this is no picture";
    const std::string other = begin(studio_, text.size());
    EXPECT_EQ(send(studio_, other, text), 200);
    EXPECT_EQ(draw_from(studio_, other).status, 400);
}

TEST_F(NamedPictures, ModelFilesAreForThoseWhoMayChangeModels) {
    const std::string body = R"({"type": "lora", "name": "a.safetensors", "size": 7})";
    EXPECT_EQ(send_as(studio_, "POST /uploads", body).status, 403);
    const std::string models = key_for("studio", {Scope::models});
    const auto begun = send_as(models, "POST /uploads", body);
    ASSERT_EQ(begun.status, 201) << begun.body;
    const std::string id = json_of(begun)["id"].as_string();
    EXPECT_EQ(send_as(studio_, "GET /uploads/" + id).status, 403);
    EXPECT_EQ(send_as(studio_, "DELETE /uploads/" + id).status, 403);
    EXPECT_EQ(send(studio_, id, "weights"), 403);
    EXPECT_EQ(send(models, id, "weights"), 200);
    EXPECT_EQ(send_as(models, "POST /uploads", R"({"type": "image", "size": 7})").status, 403);
}

}  // namespace
}  // namespace darkroom::gateway
