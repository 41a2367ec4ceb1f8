// SPDX-License-Identifier: Apache-2.0
#include <future>

#include "base/encoding.h"
#include "gateway/openapi_fixture.h"

/// Provokes every answer of every route.
namespace darkroom::gateway {
namespace {

class OpenApi : public OpenApiTest {
  protected:
    void provoke_txt2img() {
        draw(kTxt2img, R"({"force_task_id": "mine"})");
        tell_body(kTxt2img, R"({"force_task_id": "mine", "steps": 2})");
        tell_body(kTxt2img, R"({"steps": 0})");
        tell_body(kTxt2img, R"({"script_name": "nonsense"})");
        tell_body(kTxt2img, R"({"prompt": null})");
        for (const ErrorCode code : kFailures)
            fail_to_draw(kTxt2img, "{}", code);
    }

    /// A body of image to image with a picture and more members.
    static std::string from_picture(const std::string& members) {
        const image::Image grey{
            .width = 8, .height = 8, .pixels = std::vector<std::uint8_t>(192, 128)};
        const std::string file = base64_encode(image::encode_png(grey, {}).value());
        return format(R"({{"init_images": ["{}"]{}}})", file, members);
    }

    void provoke_img2img() {
        tell_body(kImg2img, "{}");
        draw(kImg2img, from_picture(R"(, "force_task_id": "from mine")"));
        tell_body(kImg2img, from_picture(R"(, "force_task_id": "from mine", "steps": 2)"));
        tell_body(kImg2img, from_picture(R"(, "script_name": "nonsense")"));
        tell_body(kImg2img, from_picture(R"(, "mask": "")"));
        tell_body(kImg2img, from_picture(R"(, "mask": "local/nonsense/0/0.png")"));
        for (const ErrorCode code : kFailures)
            fail_to_draw(kImg2img, from_picture(""), code);
        const std::string model = R"(, "stable_diffusion_model": "icons.safetensors")";
        tell_body(kServerlessImg2img, from_picture(R"(, "stable_diffusion_model": "nonsense")"));
        tell_body(kServerlessImg2img, from_picture(model + R"(, "steps": 0)"));
        tell_body(kServerlessImg2img, R"({"init_images": ["%"])" + model + "}");
        draw(kServerlessImg2img, from_picture(model + R"(, "force_task_id": "unused")"));
        for (const ErrorCode code : kFailures)
            fail_to_draw(kServerlessImg2img, from_picture(model), code);
        submit_later("from mine later", from_picture(model), kServerlessImg2img);
        submit_later(
            "from mine later", from_picture(model + R"(, "steps": 2)"), kServerlessImg2img);
        finish(claim());
        // Only the inputs of tasks are kept, one for each that was accepted.
        const auto stored = objects_.list({}).value();
        EXPECT_EQ(
            std::ranges::count_if(
                stored,
                [](const storage::ObjectEntry& entry) {
                    return entry.key.text().ends_with("/0/input-1");
                }),
            static_cast<std::ptrdiff_t>(3 + 2 * kFailures.size()));
    }

    void submit_later(
        const std::string& name, const std::string& body, const char* route = kServerless) {
        tell(
            route,
            format(
                "taskId: {}\r\nRequest-Type: async\r\nContent-Length: {}\r\n\r\n{}",
                name,
                body.size(),
                body));
    }

    void provoke_serverless() {
        const std::string body = R"({"stable_diffusion_model": "icons.safetensors"})";
        tell_body(kServerless, "{}");
        tell_body(kServerless, R"({"stable_diffusion_model": "nonsense"})");
        tell_body(kServerless, R"({"stable_diffusion_model": "icons", "steps": 0})");
        draw(kServerless, body);
        for (const ErrorCode code : kFailures)
            fail_to_draw(kServerless, body, code);
        submit_later("mine too", body);
        submit_later("mine too", R"({"stable_diffusion_model": "icons", "steps": 2})");
    }

    /// After provoke_serverless: "mine too" waits.
    void provoke_tasks() {
        for (const char* route : {kResult, kProgress, kCancel, kRemoval, kEvents})
            tell_of(route, "nonsense");
        tell_of(kProgress, "mine%20too");
        tell_of(kResult, "mine%20too");
        finish(claim());
        const Answer result = tell_of(kResult, "mine%20too");
        tell_of(kEvents, "mine%20too");
        tell_body("GET /tasks/mine%20too/events?after=99999", "", kEvents);
        tell_body("GET /tasks/mine%20too/events?after=x", "", kEvents);
        tell_body("GET /events?after=x", "", kAllEvents);
        tell_body("GET /usage?format=csv", "", kUsage);
        tell_body("GET /usage?from=x", "", kUsage);
        tell_of(kCancel, "mine%20too");
        submit_later("removed", R"({"stable_diffusion_model": "icons"})");
        tell_of(kRemoval, "removed");
        tell_of(kCancel, "removed");
        tell_of(kRemoval, "removed");
        submit_later("cancelled", R"({"stable_diffusion_model": "icons"})");
        tell_of(kCancel, "cancelled");
        EXPECT_NE(tell_of(kResult, "cancelled").body.find("\"cancelled\""), std::string::npos);
        tell_body("GET /tasks?limit=2&status=succeeded", "", kTasks);
        tell_body("GET /tasks?limit=0", "", kTasks);

        const std::string link = json::parse(result.body).value()["ossUrl"][0].as_string();
        const std::string host = "http://localhost/images/";
        ASSERT_TRUE(link.starts_with(host)) << link;
        EXPECT_EQ(tell_of(kPicture, link.substr(host.size())).media_type, "image/png");
        tell_of(kPicture, "local/0.png");
        tell_of(kPicture, "UPPER");
    }

    /// A picture as a request brings it.
    static std::string picture_field() {
        const image::Image picture{.width = 1, .height = 1, .channels = 3, .pixels = {1, 2, 3}};
        return base64_encode(image::encode_png(picture, {{"parameters", "a fox"}}).value());
    }

    void provoke_extras() {
        const std::string picture = picture_field();
        const std::string single = format(R"({{"image": "{}"}})", picture);
        const std::string batch =
            format(R"({{"imageList": [{{"data": "{}", "name": ""}}]}})", picture);
        const std::vector<std::pair<const char*, std::string>> orders = {
            {kExtraSingle, single}, {kExtraBatch, batch}, {kExtraImages, single}};
        for (const auto& [route, body] : orders) {
            draw(route, body);
            tell(
                route,
                format("taskId: mine too\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
            for (const ErrorCode code : kFailures)
                fail_to_draw(route, body, code);
            tell_body(route, R"({"image": "cGljdHVyZQ==", "imageList": []})");
        }
        tell_body(kExtraImages, "[]");
        const std::string named = format(
            "taskId: enlarged\r\nRequest-Type: async\r\nContent-Length: {}\r\n\r\n{}",
            single.size(),
            single);
        tell(kExtraImages, named);
        finish(claim());
        const Answer result = tell_of(kResult, "enlarged");
        EXPECT_NE(result.body.find(R"("html_info":"<p></p>")"), std::string::npos) << result.body;
        tell(kExtraImages, "taskId: enlarged\r\nContent-Length: 2\r\n\r\n{}");
        const std::string other = format(
            R"({{"image": "{}", "upscaler_1": "Lanczos",
            "upscaling_resize": 8}})",
            picture);
        tell(
            kExtraImages,
            format("taskId: enlarged\r\nContent-Length: {}\r\n\r\n{}", other.size(), other));
    }

    void provoke_png_info() {
        tell_body(kPngInfo, format(R"({{"image": "{}"}})", picture_field()));
        // What is no picture, and a JPEG too large to be read.
        tell_body(kPngInfo, R"({"image": "cGljdHVyZQ=="})");
        tell_body(kPngInfo, R"({"image": "/9j/wAARCP////8DAREAAhEAAxEA/9oADAMBAAIAAwAAPwD/2Q=="})");
    }

    void provoke_functions() {
        tell_body(kUpdateFunctions, R"({"models": ["icons.safetensors"], "timeout": 60})");
        tell_body(kUpdateFunctions, "[]");
        tell_body(kUpdateFunctions, R"({"cpu": "two"})");
        tell_body(kUpdateFunctions, R"({"cpu": -1})");
        const std::vector<domain::Function> made = functions_.all();
        ASSERT_EQ(made.size(), 1U);
        EXPECT_EQ(made[0].settings.timeout_s, 60);
        const std::string names = format(R"({{"functions": ["{}"]}})", made[0].name);
        tell_body(kDeleteFunctions, names);
        EXPECT_EQ(retired_, "icons");
        tell_body(kDeleteFunctions, names);
        tell_body(kDeleteFunctions, "{}");
    }

    /// Begins an upload and tells its id.
    std::string begin_upload(const std::string& size) {
        const std::string body = R"({"type": "lora", "name": "a.safetensors", "size": )" + size;
        http::RawSocket socket(port());
        socket.send(
            request_line(kBeginUpload) + "Host: localhost\r\n" +
            format("Content-Length: {}\r\n\r\n{}}}", body.size() + 1, body));
        const Answer answer = read_answer(socket);
        check(kBeginUpload, answer);
        const json::Value told = json::parse(answer.body).value();
        return answer.status == 201 ? told["id"].as_string() : std::string();
    }

    void send_piece(const std::string& id, const std::string& range, const std::string& bytes) {
        http::RawSocket socket(port());
        socket.send(
            request_line(kPiece, id) + "Host: localhost\r\n" + "Content-Range: " + range + "\r\n" +
            format("Content-Length: {}\r\n\r\n{}", bytes.size(), bytes));
        check(kPiece, read_answer(socket));
    }

    /// PUT or DELETE of a model.
    void change(const std::string& route, const std::string& target, const std::string& body) {
        const std::string method = route.substr(0, route.find(' '));
        tell_body(method + " /models/" + target, body, route);
    }

    void provoke_uploads() {
        const std::string id = begin_upload("7");
        begin_upload("7");         // one at a time
        begin_upload("100000");    // too large
        begin_upload("\"many\"");  // no number
        tell_of(kUpload, id);
        send_piece(id, "nonsense", "wei");
        send_piece(id, "bytes 4-6/7", "hts");  // a gap
        send_piece(id, "bytes 0-2/7", "non");
        send_piece(id, "bytes 0-2/9", "non");
        tell_of(kAbandon, id);
        const std::string bad = begin_upload(format(R"(7, "sha256": "{}")", std::string(64, 'a')));
        send_piece(bad, "bytes 0-6/7", "weights");
    }

    void provoke_models() {
        const std::string id = begin_upload("7");
        const std::string order =
            R"({"type": "lora", "name": "a.safetensors", "source": {"upload": ")";
        tell_body(kRegister, order + id + "\"}}");  // not complete
        send_piece(id, "bytes 0-6/7", "weights");
        tell_body(kRegister, order + id + "\"}}");
        tell_body(kRegister, order + id + "\"}}");
        tell_body(kRegister, order + "none\"}}");
        tell_body(kRegister, R"({"type": "nonsense"})");
        tell_body("GET /models?type=nonsense", "", kListModels);
        tell_body("GET /models/a.safetensors?type=nonsense", "", kModel);
        tell_body("GET /models/a.safetensors?type=lora", "", kModel);
        tell_body("GET /thumbnails/a.safetensors?type=nonsense", "", kThumbnail);
        ASSERT_TRUE(write_file(folder_ / "models" / "Lora" / "a.png", "\x89PNG\r\n\x1a\n"));
        ASSERT_TRUE(models_.scan());
        tell_of(kThumbnail, "a.safetensors");
        change(kUpdate, "a.safetensors", "{}");
        change(kUpdate, "none", "{}");
        change(kUpdate, "a.safetensors", R"({"name": "b.safetensors"})");
        fs::create_directories(folder_ / "models" / "VAE");
        ASSERT_TRUE(write_file(folder_ / "models" / "VAE" / "a.safetensors", "weights"));
        ASSERT_TRUE(models_.scan());
        change(kUpdate, "a.safetensors", "{}");
        change(kDelete, "a.safetensors", "");
        change(kDelete, "a.safetensors?type=nonsense", "");
        change(kDelete, "a.safetensors?type=lora", "");
    }

    void provoke_webhooks() {
        using storage::WebhookStore;
        for (int i = 0; i <= WebhookStore::kMostOfTenant; ++i)
            tell_body(kPutWebhook, format(R"({{"url": "https://example.com/{}"}})", i));
        const auto list = storage::wait(webhooks_, &WebhookStore::list, std::string("local"));
        const std::string id = list->at(0).id;
        tell_of(kRotateWebhook, id);
        tell_of(kTestWebhook, id);
        const auto sent =
            storage::wait(webhooks_, &WebhookStore::claim, storage::DeliveryClaim{1, 0});
        const storage::FailedDelivery failed{sent->at(0).id, "no answer", 0, 1};
        ASSERT_TRUE(storage::wait(webhooks_, &WebhookStore::failed, failed));
        for (const char* route : {kTestWebhook, kDeleteWebhook, kDeleteWebhook, kTestWebhook})
            tell_of(route, id);
        tell_of(kRotateWebhook, id);
    }

    /// As many streams as the caller may have.
    void provoke_crowd() {
        std::vector<std::shared_ptr<control::EventWatch>> watches;
        for (auto watch = feed_.open({"local"}); watch; watch = feed_.open({"local"}))
            watches.push_back(*std::move(watch));
        submit_later("watched", R"({"stable_diffusion_model": "icons"})");
        tell_of(kEvents, "watched");
        tell_body(kAllEvents, "");
        tell_of(kCancel, "watched");
    }

    void provoke_administration() {
        const std::string user = R"({"userName": "ann", "password": "12345678"})";
        tell_body(kAddUser, user);
        tell_body(kAddUser, user);
        tell_body(kLogIn, user);
        const auto hash = hash_password("12345678", {.log2_n = 4, .r = 1, .p = 1});
        ASSERT_TRUE(storage::wait(
            accounts_, &storage::AccountStore::add_user, {"bob", "bob", {}, hash, 0}));
        const std::string token(64, 'a');
        ASSERT_TRUE(storage::wait(
            accounts_,
            &storage::AccountStore::add_session,
            {sha256_hex(token), "bob", clock_.wall_ms() + 60'000}));
        tell(kLogOut, "Token: " + token + "\r\nContent-Length: 0\r\n\r\n");
        for (int i = 0; i < 21; ++i)
            tell_body(kLogIn, R"({"userName": "bob", "password": "wrong"})");
        tell_body(kAddKey, R"({"tenant": "studio", "scopes": ["generate"]})");
        const auto keys =
            storage::wait(accounts_, &storage::AccountStore::list_keys, {.tenant = "studio"});
        tell_of("DELETE /admin/keys/{id}", keys->at(0).id);
        tell_of("DELETE /admin/users/{name}", "ann");
        tell_of("GET /admin/tenants/{name}", "unknown");
        const std::string target = "PUT /admin/tenants/x";
        tell_body(target, R"({"quotas": {"queuedTasks": 5}})", kSetTenant);
        tell_body("GET /admin/audit?limit=0", "", "GET /admin/audit");
    }

    /// After provoke_serverless: a task has the name "mine too", which another call cannot have.
    void provoke_call(const std::string& route) {
        for (const char* name : {"taskId", "Idempotency-Key"}) {
            tell(
                route,
                format("Task-Flag: true\r\n{}: mine too\r\nContent-Length: 0\r\n\r\n", name));
        }
        tell(route, "Request-Type: async\r\nContent-Length: 0\r\n\r\n");
    }

    void provoke_options() {
        tell_body(kSetOptions, R"({"CLIP_stop_at_last_layers": 2})");
        tell_body(kSetOptions, "[]");
        tell_body(kSetOptions, R"({"nonsense": 1})");
        tell_body(kSetSnapshot, R"({"data": {"CLIP_stop_at_last_layers": 2}})");
        tell_body(kSetSnapshot, R"({"data": {}, "version": 1})");
        tell_body(kSetSnapshot, R"({"data": {"nonsense": 1}})");
        fs::remove_all(folder_ / "options");
        ASSERT_TRUE(write_file(folder_ / "options", "in the folder's place"));
        tell_body(kSetOptions, "{}");
        tell_body(kSetSnapshot, R"({"data": {}})");
    }
};

TEST_F(OpenApi, ListsTheRoutesThatAreServed) {
    std::set<std::string> documented;
    for (const auto& [route, responses] : document_)
        documented.insert(route);
    std::set<std::string> served;
    for (const std::string& route : router_.routes()) {
        // HEAD is its GET without the body.
        if (!route.starts_with("HEAD ")) served.insert(documented_name(route));
    }
    EXPECT_EQ(documented, served);
}

TEST_F(OpenApi, ListsEveryAnswerAndNoOther) {
    tell_body("GET /readyz", "");  // no agent
    has_agent_ = true;
    tell_body(kTxt2img, "{}");  // no checkpoint
    ASSERT_TRUE(write_file(folder_ / "models" / "icons.safetensors", "weights"));
    tell_body(kModels, "");
    tell_of(kModel, "icons.safetensors");
    provoke_uploads();
    provoke_models();
    provoke_txt2img();
    provoke_img2img();
    provoke_serverless();
    provoke_tasks();
    provoke_functions();
    provoke_png_info();
    provoke_extras();
    provoke_crowd();
    provoke_webhooks();
    provoke_administration();
    tell(*guarded_, kTasks, "X-API-Key: " + hurried_key_ + "\r\n\r\n");
    for (const std::string& served : router_.routes()) {
        const std::string route = documented_name(served);
        if (route.starts_with("HEAD ")) continue;
        provoke_refusals(route);
        if (route.find("/sdapi/v1/") != std::string::npos) provoke_call(route);
        if (route != kTxt2img && route != kSetOptions) tell_body(route, "");
    }
    provoke_options();
    fs::remove_all(folder_ / "models");
    tell_body(kModels, "");
    tell_body(kListModels, "");
    tell_body(kUpdateFunctions, "{}");

    for (const auto& [route, responses] : document_) {
        for (const auto& [status, text] : responses) {
            EXPECT_TRUE(seen_[route].contains(status) || is_excused(route, status))
                << route << ' ' << status;
        }
    }
}

TEST_F(OpenApi, LittleRoomOnTheDiskIsSaidByHealthAndReadiness) {
    has_agent_ = true;
    ASSERT_TRUE(write_file(folder_ / "models" / "icons.safetensors", "weights"));
    ASSERT_TRUE(models_.scan());
    EXPECT_EQ(tell_of("GET /readyz", "").status, 200);
    EXPECT_NE(tell_of("GET /healthz", "").body.find(R"("status":"ok")"), std::string::npos);

    disk_ = DiskSpace{.free_bytes = 999, .total_bytes = 2'000};
    const Answer full = tell_of("GET /readyz", "");
    EXPECT_EQ(full.status, 503);
    EXPECT_NE(full.body.find("nearly full"), std::string::npos);
    const Answer health = tell_of("GET /healthz", "");
    EXPECT_NE(health.body.find(R"("status":"degraded")"), std::string::npos) << health.body;
    EXPECT_NE(health.body.find(R"("free_bytes":999)"), std::string::npos) << health.body;

    disk_ = Error{ErrorCode::unavailable, "input/output error"};
    EXPECT_EQ(tell_of("GET /readyz", "").status, 503);
    EXPECT_NE(tell_of("GET /healthz", "").body.find("does not answer"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::gateway
