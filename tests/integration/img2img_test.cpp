// SPDX-License-Identifier: Apache-2.0
// Pictures from pictures through the real server, over both APIs.

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "image/png.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

constexpr const char* kImg2img = "/sdapi/v1/img2img";
constexpr const char* kCheckpoint = "icons-128.safetensors";

image::Image decoded(std::span<const std::byte> file) {
    return image::decode_png(file).value().image;
}

std::string encoded(const image::Image& image) {
    return base64_encode(image::encode_png(image, {}).value());
}

/// White where x is at least `begin`, else black.
image::Image right_part(const image::Image& like, std::size_t begin) {
    image::Image mask{.width = like.width, .height = like.height};
    for (std::size_t i = 0; i < like.width * like.height; ++i)
        mask.pixels.insert(mask.pixels.end(), 3, i % like.width < begin ? 0 : 255);
    return mask;
}

double difference(const image::Image& a, const image::Image& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        sum += std::abs(static_cast<double>(a.pixels[i]) - static_cast<double>(b.pixels[i]));
    return sum / static_cast<double>(a.pixels.size());
}

class Img2img : public ::testing::Test {
  protected:
    Img2img() { first_ = picture_of(*server_.post(kTxt2img, body_of({.steps = 8}))); }

    /// The fields of a drawing from the first picture.
    [[nodiscard]] json::Object from_first() const {
        json::Object fields = fields_of({.steps = 8, .seed = 2});
        fields.set("init_images", json::Array{base64_encode(first_)});
        fields.set("denoising_strength", 0.4);
        return fields;
    }

    [[nodiscard]] image::Image drawn(const json::Object& fields) const {
        const Answer answer = server_.post(kImg2img, json::dump(fields));
        if (!answer || answer->status != 200) {
            throw std::runtime_error(answer ? answer->body : answer.error().message);
        }
        return decoded(picture_of(*answer));
    }

    [[nodiscard]] http::ClientResponse order(json::Object fields, const http::Headers& headers) {
        fields.set("stable_diffusion_model", kCheckpoint);
        http::ClientRequest request;
        request.method = "POST";
        request.url = "/img2img";
        request.headers = headers;
        request.headers.set("Content-Type", "application/json");
        request.body = json::dump(fields);
        return server_.send(std::move(request)).value();
    }

    [[nodiscard]] std::size_t stored_inputs() const {
        std::size_t count = 0;
        const auto folder = data_.path() / "objects";
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
            count += entry.path().filename().string().starts_with("input-") ? 1 : 0;
        return count;
    }

    TemporaryFolder data_;
    Server server_{data_.path()};
    std::vector<std::byte> first_;
};

TEST_F(Img2img, TheStrengthSaysHowFarThePictureChanges) {
    json::Object fields = from_first();
    const image::Image first = decoded(first_);
    const image::Image near = drawn(fields);
    EXPECT_EQ(near.width, 128u);
    fields.set("denoising_strength", 1.0);
    const image::Image far = drawn(fields);
    EXPECT_LT(difference(near, first), difference(far, first));
    EXPECT_EQ(server_.metric("darkroom_engine_work_seconds_count{work=\"encode-image\"}"), 2);
}

TEST_F(Img2img, SaysInTheFileHowItWasDrawn) {
    const Answer answer = server_.post(kImg2img, json::dump(from_first()));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;
    const auto texts = image::decode_png(picture_of(*answer)).value().texts;
    EXPECT_NE(texts.front().text.find("Denoising strength: 0.4"), std::string::npos);
    const json::Value body = json::parse(answer->body).value();
    EXPECT_TRUE(body["parameters"]["init_images"].is_null());
    const json::Value info = json::parse(body["info"].as_string()).value();
    EXPECT_EQ(info["denoising_strength"], json::Value(0.4));
}

TEST_F(Img2img, WhatTheMaskKeepsIsUnchanged) {
    const image::Image first = decoded(first_);
    for (const bool only_masked : {false, true}) {
        json::Object fields = from_first();
        fields.set("mask", encoded(right_part(first, 64)));
        fields.set("denoising_strength", 0.9);
        fields.set("inpaint_full_res", only_masked);
        const image::Image changed = drawn(fields);
        ASSERT_EQ(changed.pixels.size(), first.pixels.size());
        std::size_t repainted = 0;
        for (std::size_t i = 0; i < first.pixels.size(); ++i) {
            const bool differs = changed.pixels[i] != first.pixels[i];
            repainted += differs ? 1 : 0;
            // The blur reaches ten pixels.
            ASSERT_FALSE(differs && i / 3 % 128 < 54) << i;
        }
        EXPECT_GT(repainted, first.pixels.size() / 4);
    }
}

TEST_F(Img2img, OnlyTheMaskedPartOfALargePictureIsDrawn) {
    image::Image large{.width = 300, .height = 200};
    large.pixels.assign(std::size_t{300} * 200 * 3, 90);
    json::Object fields = from_first();
    fields.set("init_images", json::Array{encoded(large)});
    fields.set("mask", encoded(right_part(large, 250)));
    const image::Image result = drawn(fields);
    EXPECT_EQ(result.width, 300u);
    EXPECT_EQ(result.height, 200u);
    EXPECT_EQ(result.pixels[0], 90);
}

TEST_F(Img2img, BothDoorsAndAKeyGiveTheSamePicture) {
    const image::Image expected = drawn(from_first());
    const http::ClientResponse sync = order(from_first(), {});
    ASSERT_EQ(sync.status, 200) << sync.body;
    const json::Value done = json::parse(sync.body).value();
    const std::string link = done["ossUrl"][0].as_string();
    const Answer file = server_.get(link.substr(link.find("/images/")));
    ASSERT_TRUE(file);
    EXPECT_EQ(decoded(std::as_bytes(std::span(file->body))), expected);

    // The first picture is drawn again over the serverless API, for its key.
    json::Object again = fields_of({.steps = 8});
    again.set("stable_diffusion_model", kCheckpoint);
    const Answer redrawn = server_.post("/txt2img", json::dump(again));
    ASSERT_TRUE(redrawn);
    const std::string task = json::parse(redrawn->body).value()["taskId"].as_string();
    const Answer result = server_.get("/tasks/" + task + "/result");
    ASSERT_TRUE(result);
    const std::string key = json::parse(result->body).value()["images"][0].as_string();
    json::Object fields = from_first();
    fields.set("init_images", json::Array{key});
    EXPECT_EQ(drawn(fields), expected);
}

TEST_F(Img2img, AnAsyncTaskKeepsItsPicturesAndARepeatLeavesNone) {
    const http::Headers headers{{"Request-Type", "async"}, {"taskId", "twice"}};
    for (int i = 0; i < 3; ++i) {
        const http::ClientResponse answer = order(from_first(), headers);
        ASSERT_EQ(answer.status, 200) << answer.body;
    }
    const auto status = [&] {
        const Answer answer = server_.get("/tasks/twice/result");
        return json::parse(answer->body).value()["status"].as_string();
    };
    ASSERT_TRUE(eventually([&] { return status() == "succeeded"; }));
    EXPECT_EQ(stored_inputs(), 1u);
    const json::Value result = json::parse(server_.get("/tasks/twice/result")->body).value();
    EXPECT_EQ(result["parameters"]["denoising_strength"], json::Value(0.4));
}

TEST_F(Img2img, WhatIsNoPictureIsRefusedAndLeavesNothing) {
    json::Object fields = from_first();
    fields.set("init_images", json::Array{"aGVsbG8="});
    EXPECT_EQ(server_.post(kImg2img, json::dump(fields))->status, 422);
    EXPECT_EQ(order(fields, {}).status, 400);
    fields.set("init_images", json::Array{"local/0123/1/0.png"});
    EXPECT_EQ(order(fields, {}).status, 400);
    fields = from_first();
    fields.set("mask", "aGVsbG8=");
    EXPECT_EQ(server_.post(kImg2img, json::dump(fields))->status, 422);
    fields.erase("init_images");
    EXPECT_EQ(server_.post(kImg2img, json::dump(fields))->status, 404);
    EXPECT_EQ(order(fields, {}).status, 400);
    EXPECT_EQ(stored_inputs(), 0u);
}

}  // namespace
}  // namespace darkroom::integration
