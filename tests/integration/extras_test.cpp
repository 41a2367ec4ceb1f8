// SPDX-License-Identifier: Apache-2.0
// Pictures that come with requests, through the real server: extras of both APIs and png-info.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/format.h"
#include "image/png.h"
#include "image/resize.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

using testing::HasSubstr;

constexpr const char* kSingle = "/sdapi/v1/extra-single-image";
constexpr const char* kBatch = "/sdapi/v1/extra-batch-images";
constexpr const char* kServerless = "/extra_images";
constexpr const char* kPngInfo = "/sdapi/v1/png-info";
/// The frame header of a JPEG of 65535 x 65535 pixels.
constexpr const char* kBomb = "/9j/wAARCP////8DAREAAhEAAxEA/9oADAMBAAIAAwAAPwD/2Q==";

image::Image gradient() {
    image::Image image{.width = 24, .height = 16, .channels = 3};
    for (std::size_t i = 0; i < image.width * image.height * 3; ++i)
        image.pixels.push_back(static_cast<std::uint8_t>(i / 5));
    return image;
}

std::string sent(const image::Image& image) {
    return base64_encode(image::encode_png(image, {{"parameters", "a gradient"}}).value());
}

image::DecodedPng received(const json::Value& base64) {
    return image::decode_png(base64_decode(base64.as_string()).value()).value();
}

class Extras : public testing::Test {
  protected:
    json::Value ask(const char* path, const json::Object& fields) {
        const Answer answer = server_.post(path, json::dump(fields));
        EXPECT_TRUE(answer);
        if (!answer) return {};
        EXPECT_EQ(answer->status, 200) << answer->body.substr(0, 1000);
        return json::parse(answer->body).value_or(json::Value());
    }

    Answer order(const std::string& name, const json::Object& fields) {
        http::ClientRequest request;
        request.method = "POST";
        request.url = kServerless;
        request.headers = {
            {"taskId", name}, {"Request-Type", "async"}, {"Content-Type", "application/json"}};
        request.body = json::dump(fields);
        return server_.send(std::move(request));
    }

    json::Value result_of(const std::string& name) {
        const Answer answer = server_.get("/tasks/" + name + "/result");
        if (!answer || answer->status != 200) return json::Object{{"status", "?"}};
        return json::parse(answer->body).value();
    }

    TemporaryFolder data_;
    Server server_{data_.path()};
};

TEST_F(Extras, APictureIsEnlargedAndKeepsItsInfotext) {
    const json::Value answer =
        ask(kSingle,
            {{"image", "data:image/png;base64," + sent(gradient())},
             {"upscaler_1", "Lanczos"},
             {"upscaling_resize", 2}});
    EXPECT_EQ(
        answer["html_info"].as_string(),
        "<p>Postprocess upscale by: 2.0, Postprocess upscaler: Lanczos</p>");
    const image::DecodedPng picture = received(answer["image"]);
    EXPECT_EQ(picture.image, image::resize(gradient(), 48, 32, image::Filter::lanczos));
    ASSERT_EQ(picture.texts.size(), 2u);
    EXPECT_EQ(picture.texts[1].keyword, "postprocessing");

    const json::Value info = ask(kPngInfo, {{"image", answer["image"]}});
    EXPECT_EQ(info["info"].as_string(), "a gradient");
    EXPECT_THAT(info["items"]["postprocessing"].as_string(), HasSubstr("Lanczos"));
}

TEST_F(Extras, ABatchIsOneTaskWithAllItsPictures) {
    json::Array list;
    for (const char* name : {"one", "two"})
        list.emplace_back(json::Object{{"data", sent(gradient())}, {"name", name}});
    const json::Value answer =
        ask(kBatch,
            {{"imageList", std::move(list)},
             {"upscaler_1", "Nearest"},
             {"resize_mode", 1},
             {"upscaling_resize_w", 40},
             {"upscaling_resize_h", 40}});
    ASSERT_EQ(answer["images"].as_array().size(), 2u);
    for (const json::Value& image : answer["images"].as_array()) {
        EXPECT_EQ(received(image).image.width, 40u);
        EXPECT_EQ(received(image).image.height, 40u);
    }
    EXPECT_EQ(server_.metric("darkroom_tasks{state=\"succeeded\"}"), 1);
}

TEST_F(Extras, AResultIsEnlargedByItsKey) {
    const Answer drawn = order("first", {{"image", sent(gradient())}});
    ASSERT_TRUE(drawn);
    ASSERT_EQ(drawn->status, 200) << drawn->body;
    ASSERT_TRUE(
        eventually([&] { return result_of("first")["status"].as_string() == "succeeded"; }));
    const json::Value first = result_of("first");
    EXPECT_EQ(first["info"]["html_info"].as_string(), "<p></p>");
    const std::string key = first["images"][0].as_string();
    ASSERT_EQ(order("second", {{"image", key}, {"upscaler_1", "Lanczos"}})->status, 200);
    ASSERT_TRUE(
        eventually([&] { return result_of("second")["status"].as_string() == "succeeded"; }));
    EXPECT_EQ(result_of("second")["ossUrl"].as_array().size(), 1u);

    // The same request under its name is the same task.
    ASSERT_EQ(order("second", {{"image", key}, {"upscaler_1", "Lanczos"}})->status, 200);
    EXPECT_EQ(order("second", {{"image", key}})->status, 409);
    EXPECT_EQ(server_.metric("darkroom_tasks{state=\"succeeded\"}"), 2);
}

TEST_F(Extras, APictureOfAnotherServerIsFetchedWhereThatIsAllowed) {
    ASSERT_EQ(order("first", {{"image", sent(gradient())}})->status, 200);
    ASSERT_TRUE(
        eventually([&] { return result_of("first")["status"].as_string() == "succeeded"; }));
    const json::Value first = result_of("first");
    const json::Object wanted{
        {"image", first["ossUrl"][0]}, {"upscaler_1", "Nearest"}, {"upscaling_resize", 2}};
    const TemporaryFolder data;
    const Server other(
        data.path(),
        models_folder(),
        {"--image-url", server_.url() + "/images/", "--image-network", "127.0.0.1"});
    const Answer enlarged = other.post(kSingle, json::dump(wanted));
    ASSERT_TRUE(enlarged);
    ASSERT_EQ(enlarged->status, 200) << enlarged->body;
    const json::Value body = json::parse(enlarged->body).value();
    EXPECT_EQ(received(body["image"]).image.width, 48u);
    const json::Object elsewhere{{"image", server_.url() + "/healthz"}};
    EXPECT_EQ(other.post(kSingle, json::dump(elsewhere))->status, 422);
}

TEST_F(Extras, HostileImagesAreRefusedAndHarmNobody) {
    const pid_t agent = server_.agent();
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "empty"},
        {"*", "not base64"},
        {"cGljdHVyZQ==", "none of PNG, JPEG and WebP"},
        {kBomb, "image has"},
        {"http://169.254.169.254/x.png", "Requests not allowed"},
        {"local/0123456789abcdef0123456789abcdef/1/0.png", "no such picture"},
        {"other/0123456789abcdef0123456789abcdef/1/0.png", "no such picture"},
        {"../../etc/passwd.png", "no such picture"},
        {sent(gradient()).substr(0, 80), "Invalid encoded image"}};
    for (const auto& [image, words] : cases) {
        const std::string order = json::dump(json::Object{{"image", image}});
        for (const char* path : {kSingle, kPngInfo}) {
            const Answer answer = server_.post(path, order);
            ASSERT_TRUE(answer) << image;
            EXPECT_EQ(answer->status, 422) << path << ' ' << image << ' ' << answer->body;
            EXPECT_THAT(answer->body, HasSubstr(words)) << path;
            const json::Value body = json::parse(answer->body).value();
            EXPECT_EQ(body["detail"][0]["loc"][1].as_string(), "image") << answer->body;
        }
        const Answer serverless = server_.post(kServerless, order);
        ASSERT_TRUE(serverless) << image;
        EXPECT_EQ(serverless->status, 400) << image << ' ' << serverless->body;
        EXPECT_THAT(serverless->body, HasSubstr("image: "));
        EXPECT_THAT(serverless->body, HasSubstr(words));
    }
    const Answer large = server_.post(
        kSingle,
        json::dump(json::Object{
            {"image", sent(gradient())}, {"upscaler_1", "Lanczos"}, {"upscaling_resize", 1000}}));
    ASSERT_TRUE(large);
    EXPECT_EQ(large->status, 422) << large->body;
    EXPECT_THAT(large->body, HasSubstr("upscaling_resize"));
    EXPECT_EQ(server_.agent(), agent);
    ask(kSingle, {{"image", sent(gradient())}});
}

}  // namespace
}  // namespace darkroom::integration
