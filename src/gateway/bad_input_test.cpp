// SPDX-License-Identifier: Apache-2.0
// What strangers send (scale-out.md 6), against every route that takes it: refused by name, and
// nothing is left behind.
#include <array>

#include <gmock/gmock.h>

#include "base/encoding.h"
#include "gateway/gateway_fixture.h"
#include "image/png.h"

namespace darkroom::gateway {
namespace {

using storage::TaskStore;
using ::testing::HasSubstr;
using ::testing::Not;

struct Ask {
    std::string target;
    std::string body = {};
    std::string method = "POST";
    http::Headers headers = {};
};

class BadInput : public GatewayTest {
  protected:
    http::ClientResponse send(const Ask& asked) {
        http::ClientRequest request;
        request.method = asked.method;
        request.url = server_->url() + asked.target;
        request.body = asked.body;
        request.headers = asked.headers;
        request.headers.set("Request-Type", "async");
        return tell(std::move(request));
    }

    /// The client's fault, said in JSON.
    http::ClientResponse expect_refused(const Ask& asked) {
        const std::string shown =
            asked.method + " " + asked.target + " " + asked.body.substr(0, 200);
        http::ClientResponse response = send(asked);
        EXPECT_GE(response.status, 400) << shown;
        EXPECT_LT(response.status, 500) << shown << " " << response.body.substr(0, 500);
        EXPECT_TRUE(json::parse(response.body)) << shown;
        return response;
    }

    std::vector<domain::Task> tasks() {
        storage::TaskFilter filter;
        filter.with_payload = true;
        return storage::wait(store_, &TaskStore::list, filter).value();
    }

    void expect_nothing_left() {
        EXPECT_TRUE(tasks().empty());
        EXPECT_TRUE(objects_.list({})->empty());
        EXPECT_TRUE(std::filesystem::exists(folder_ / "models" / "icons.safetensors"));
    }

    static std::string picture() {
        const image::Image grey{
            .width = 8, .height = 8, .pixels = std::vector<std::uint8_t>(192, 128)};
        return base64_encode(image::encode_png(grey, {}).value());
    }
};

/// A body of each route that draws, with a member added.
std::vector<Ask> drawings_with(const std::string& member) {
    const std::string model = R"("stable_diffusion_model": "icons")";
    return {
        {"/sdapi/v1/txt2img", format("{{{}}}", member)},
        {"/sdapi/v1/img2img", format(R"({{"init_images": ["AAAA"], {}}})", member)},
        {"/txt2img", format("{{{}, {}}}", model, member)},
        {"/img2img", format(R"({{{}, "init_images": ["AAAA"], {}}})", model, member)}};
}

/// A body of each route that takes a picture.
std::vector<Ask> requests_with_picture(const std::string& picture) {
    const std::string text = json::dump(picture);
    const std::string model = R"("stable_diffusion_model": "icons")";
    return {
        {"/sdapi/v1/img2img", format(R"({{"init_images": [{}]}})", text)},
        {"/img2img", format(R"({{{}, "init_images": [{}]}})", model, text)},
        {"/sdapi/v1/extra-single-image", format(R"({{"image": {}}})", text)},
        {"/sdapi/v1/extra-batch-images",
         format(R"({{"imageList": [{{"data": {}, "name": "a"}}]}})", text)},
        {"/extra_images", format(R"({{"image": {}}})", text)},
        {"/sdapi/v1/png-info", format(R"({{"image": {}}})", text)}};
}

TEST_F(BadInput, SizesAndCountsBeyondAllMeasureNameTheirField) {
    struct Row {
        const char* field;
        const char* value;
    };
    constexpr std::array kRows = {
        Row{"width", "1000000000"},
        Row{"width", "-64"},
        Row{"width", "0"},
        Row{"width", "7"},
        Row{"width", "1e308"},
        Row{"width", "9223372036854775807"},
        Row{"width", "\"wide\""},
        Row{"height", "[512]"},
        Row{"batch_size", "1000000"},
        Row{"batch_size", "-1"},
        Row{"n_iter", "1000000"},
        Row{"steps", "0"},
        Row{"steps", "1000000000"},
        Row{"steps", "-20"},
        Row{"cfg_scale", "1e308"},
        Row{"cfg_scale", "-1e308"},
        Row{"cfg_scale", "\"NaN\""},
        Row{"cfg_scale", "\"inf\""},
        Row{"seed", "-2"},
        Row{"subseed_strength", "1e308"},
        Row{"seed_resize_from_w", "1000000000, \"seed_resize_from_h\": 1000000000"},
        Row{"s_churn", "1e308"},
        Row{"s_noise", "\"nan\""},
        Row{"eta", "1e308, \"sampler_name\": \"Euler a\""}};
    for (const Row& row : kRows) {
        for (const Ask& asked : drawings_with(format(R"("{}": {})", row.field, row.value))) {
            EXPECT_THAT(expect_refused(asked).body, HasSubstr(row.field)) << row.value;
        }
    }
    expect_nothing_left();
}

TEST_F(BadInput, WhatIsNotDrawnIsRefusedAndNotForgotten) {
    for (const char* member :
         {R"("enable_hr": true, "hr_scale": 100)",
          R"("script_name": "x/../y")",
          R"("alwayson_scripts": {"controlnet": {"args": [{}]}})",
          R"("tiling": true)"}) {
        for (const Ask& asked : drawings_with(member))
            expect_refused(asked);
    }
    expect_nothing_left();
}

TEST_F(BadInput, TextsThatAreNoJsonAreRefused) {
    const std::vector<std::string> texts = {
        "",
        "{",
        "[]",
        "null",
        "{\"cfg_scale\": NaN}",
        "{\"width\": 1e309}",
        "{\"width\": 5 12}",
        "{\"width\": 1, \"width\": 2}",
        "{\"prompt\": \"\xFF\"}",
        "{\"prompt\": \"\\ud800\"}",
        std::string(100'000, '['),
        std::string(100'000, '{')};
    for (const char* route :
         {"/sdapi/v1/txt2img",
          "/sdapi/v1/img2img",
          "/sdapi/v1/extra-single-image",
          "/sdapi/v1/extra-batch-images",
          "/sdapi/v1/png-info",
          "/sdapi/v1/options",
          "/txt2img",
          "/img2img",
          "/extra_images",
          "/models",
          "/uploads",
          "/batch_update_sd_resource",
          "/del/sd/functions"}) {
        for (const std::string& text : texts)
            expect_refused({route, text});
    }
    expect_nothing_left();
}

TEST_F(BadInput, MembersOfARowCannotBeSetFromOutside) {
    const std::string members =
        R"("tenant": "rival", "state": "succeeded", "attempt": 7, "priority": 99, "owner": "me",
           "failures": 5, "id": "x", "result": "{}", "cost_s": 0, "vft": -1, "asked": {},
           "not_before_ms": 9, "kind": "call")";
    const http::Headers names = {{"username", "rival"}, {"X-Tenant", "rival"}};
    send({"/txt2img", R"({"stable_diffusion_model": "icons", )" + members + "}", "POST", names});
    send({"/sdapi/v1/txt2img", "{" + members + "}", "POST", names});
    send({"/extra_images", format(R"({{"image": "{}", {}}})", picture(), members), "POST", names});
    const std::vector<domain::Task> rows = tasks();
    ASSERT_EQ(rows.size(), 3U);
    for (const domain::Task& row : rows) {
        EXPECT_EQ(row.tenant, "local");
        EXPECT_EQ(row.state, domain::TaskState::queued);
        EXPECT_EQ(row.attempt, 0);
        EXPECT_EQ(row.failures, 0);
        EXPECT_EQ(row.priority, 0);
        EXPECT_EQ(row.owner, "");
        EXPECT_EQ(row.not_before_ms, 0);
        EXPECT_NE(row.id.text(), "x");
        EXPECT_NE(row.kind, domain::kCallKind);
        EXPECT_GE(row.vft, 0.0);
    }
}

TEST_F(BadInput, OptionsThatReachFilesOrTheNetworkAreUnknown) {
    for (const char* option :
         {"outdir_samples",
          "outdir_txt2img_samples",
          "img2img_background",
          "ldsr_path",
          "gradio_auth",
          "sd_vae_explanation/../x"}) {
        const std::string set = format(R"({{"{}": "/etc/passwd"}})", option);
        EXPECT_GE(send({"/sdapi/v1/options", set}).status, 400) << option;
        for (const Ask& asked : drawings_with(format(R"("override_settings": {})", set)))
            EXPECT_GE(send(asked).status, 400) << option;
    }
    expect_nothing_left();
}

TEST_F(BadInput, NoPictureIsFetchedFromAnAddress) {
    const std::vector<std::string> addresses = {
        server_->url() + "/healthz.png",
        "http://127.0.0.1/a.png",
        "http://127.1/a.png",
        "http://0x7f.1/a.png",
        "http://2130706433/a.png",
        "http://[::1]/a.png",
        "http://[::ffff:127.0.0.1]/a.png",
        "http://0.0.0.0/a.png",
        "http://169.254.169.254/latest/meta-data/a.png",
        "http://[fd00::1]/a.png",
        "http://100.64.0.1/a.png",
        "https://user:password@example.com/a.png",
        "https://example.com:25/a.png",
        "https://xn--example-8ua.com/a.png",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/a.png",
        "//example.com/a.png",
        "data:text/html;base64,AAAA",
        "data:image/png,raw"};
    for (const std::string& address : addresses) {
        for (const Ask& asked : requests_with_picture(address))
            expect_refused(asked);
        const std::string text = json::dump(address);
        expect_refused(
            {"/models",
             format(R"({{"type": "lora", "name": "a.safetensors", "ossPath": {}}})", text)});
        expect_refused(
            {"/sdapi/v1/img2img",
             format(R"({{"init_images": ["{}"], "mask": {}}})", picture(), text)});
    }
    expect_nothing_left();
}

TEST_F(BadInput, TextsThatAreNoPictureAreRefusedByName) {
    const std::string good = picture();
    const std::vector<std::string> texts = {
        "",
        " ",
        "%",
        "AAAA",
        "AAA",
        good.substr(0, good.size() / 2),
        good.substr(0, good.size() / 2 / 4 * 4 + 1),
        "data:image/png;base64,",
        "data:image/png;base64," + std::string(100'000, 'A'),
        base64_encode(std::as_bytes(std::span(std::string_view("<svg onload='alert(1)'/>")))),
        base64_encode(std::as_bytes(std::span(std::string_view("%PDF-1.7 called .png")))),
        // The frame header of a JPEG of 65535 x 65535 pixels.
        "/9j/wAARCP////8DAREAAhEAAxEA/9oADAMBAAIAAwAAPwD/2Q=="};
    for (const std::string& text : texts) {
        for (const Ask& asked : requests_with_picture(text))
            expect_refused(asked);
    }
    expect_nothing_left();
}

/// What could lead out of a folder, in a path or in a name.
const std::vector<std::string>& escapes() {
    static const std::vector<std::string> kEscapes = {
        "..",
        "../..",
        "../../etc/passwd",
        "../models/icons.safetensors",
        "/etc/passwd",
        "//etc/passwd",
        "a/../../b",
        "a//b",
        "a\\..\\b",
        "C:\\windows",
        "CON.txt",
        "a\nb",
        std::string("a\0b", 3),
        "\xe2\x88\x95"
        "etc",
        "\xef\xbc\x8e\xef\xbc\x8e/etc",
        "%2e%2e%2fetc",
        std::string(4096, 'a')};
    return kEscapes;
}

TEST_F(BadInput, PicturesAndCheckpointsAreNamesAndNoPaths) {
    for (const std::string& name : escapes()) {
        for (const std::string& picture : {name + "/a.png", "local/" + name + "/a.png"}) {
            for (const Ask& asked : requests_with_picture(picture))
                expect_refused(asked);
        }
        const std::string text = json::dump(name);
        const std::string file = json::dump(name + ".safetensors");
        for (const std::string& checkpoint : {text, file}) {
            expect_refused({"/txt2img", format(R"({{"stable_diffusion_model": {}}})", checkpoint)});
            expect_refused(
                {"/sdapi/v1/txt2img",
                 format(R"({{"override_settings": {{"sd_model_checkpoint": {}}}}})", checkpoint)});
        }
        expect_refused({"/models", format(R"({{"type": "lora", "name": {}}})", file)});
        expect_refused({"/uploads", format(R"({{"type": "lora", "name": {}, "size": 7}})", text)});
    }
    // A name like any other to a server without a shell.
    expect_refused({"/txt2img", R"({"stable_diffusion_model": "a;$(touch b).safetensors"})"});
    expect_nothing_left();
}

TEST_F(BadInput, PathsStayInTheirPlace) {
    const std::vector<std::string> paths = {
        "..",
        "../x",
        "..%2f..%2fetc",
        "%2e%2e/x",
        "%252e%252e%252fx",
        "a%5c..%5cb",
        "a%00b",
        "%ef%bc%8e%ef%bc%8e%2fx",
        "a%0d%0ab",
        "UPPER",
        std::string(4096, 'a')};
    for (const std::string& path : paths) {
        for (const char* place : {"/images/local/", "/thumbnails/", "/models/", "/uploads/"})
            expect_refused({place + path, "", "GET"});
        for (const char* view : {"/result", "/progress", "/events"})
            expect_refused({"/tasks/" + path + view, "", "GET"});
        expect_refused({"/models/" + path, "", "DELETE"});
        expect_refused({"/tasks/" + path, "", "DELETE"});
        expect_refused({"/tasks/" + path + "/cancellation"});
    }
    expect_nothing_left();
}

TEST_F(BadInput, AChangedLinkIsNoLink) {
    submit("mine");
    const storage::ObjectKey key = finish(lease());
    const storage::ObjectKey other = storage::ObjectKey::parse("rival/a/1/0.png").value();
    ASSERT_TRUE(objects_.put(other, {}));
    const std::string link = urls_.path_of(key);
    ASSERT_EQ(send({link, "", "GET"}).status, 200);
    const std::size_t query = link.find('?');
    const std::string path = link.substr(0, query);
    const std::string words = link.substr(query + 1);
    const std::string signature = words.substr(words.find("signature"));
    const std::string expires = words.substr(0, words.find('&'));
    const std::vector<std::string> links = {
        path,
        path + "?" + expires,
        path + "?" + signature,
        path + "?expires=99999999999&" + signature,
        path + "?" + expires + "&signature=",
        path + "?expires=99999999999&" + words,
        link + "0",
        link.substr(0, link.size() - 1),
        "/images/" + other.text() + "?" + words,
        "/images/local/../" + other.text() + "?" + words};
    for (const std::string& changed : links) {
        const http::ClientResponse answer = expect_refused({changed, "", "GET"});
        EXPECT_THAT(answer.body, Not(HasSubstr("PNG"))) << changed;
    }
    for (const char* method : {"DELETE", "PUT", "POST"})
        EXPECT_EQ(send({link, "", method}).status, 405) << method;
    EXPECT_TRUE(objects_.get(key));
}

TEST_F(BadInput, NamesOfTasksCannotForgeHeadersOrReachOthers) {
    const std::string body = R"({"stable_diffusion_model": "icons"})";
    for (const char* name :
         {"'; DROP TABLE task; --",
          "\" OR 1=1 --",
          "%",
          "*",
          ">",
          "<script>alert(1)</script>",
          "$(id)",
          "name with spaces"}) {
        const http::ClientResponse made = send({"/txt2img", body, "POST", {{"taskId", name}}});
        EXPECT_EQ(made.status, 200) << name;
        EXPECT_EQ(made.headers.get("taskId"), name);
        EXPECT_THAT(made.headers.get("Content-Type"), HasSubstr("application/json"));
    }
    EXPECT_EQ(tasks().size(), 8U);
    const std::string forged = R"({"force_task_id": "a\r\nSet-Cookie: b=c"})";
    EXPECT_EQ(send({"/sdapi/v1/txt2img", forged}).status, 422);
    const std::string nul = R"({"force_task_id": "a\u0000b"})";
    EXPECT_EQ(send({"/sdapi/v1/txt2img", nul}).status, 422);
    const std::string lengthy = format(R"({{"force_task_id": "{}"}})", std::string(257, 'a'));
    EXPECT_EQ(send({"/sdapi/v1/txt2img", lengthy}).status, 422);
    EXPECT_EQ(tasks().size(), 8U);
}

}  // namespace
}  // namespace darkroom::gateway
