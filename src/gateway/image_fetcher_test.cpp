// SPDX-License-Identifier: Apache-2.0
// Pictures that requests name by URL: through the gateway, from another server.
#include "gateway/image_fetcher.h"

#include <gmock/gmock.h>

#include "base/encoding.h"
#include "gateway/gateway_fixture.h"
#include "image/png.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using runtime::AsyncEvent;
using runtime::Deadline;
using std::chrono::milliseconds;
using std::chrono::seconds;
using storage::TaskStore;
using testing::HasSubstr;
using testing::Not;

std::vector<std::byte> picture() {
    const image::Image grey{.width = 8, .height = 8, .pixels = std::vector<std::uint8_t>(192, 128)};
    return image::encode_png(grey, {}).value();
}

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

http::Response moved(const std::string& target) {
    http::Response response;
    response.status = 302;
    response.headers.set("Location", target);
    return response;
}

/// A server of pictures.
class Gallery : public http::ServerTest {
  public:
    void TestBody() override {}

    Gallery() {
        add("/pictures/a.png", [] { return http::text_response(200, text_of(picture())); });
        add("/pictures/near.png", [] { return moved("/pictures/a.png"); });
        add("/pictures/away.png", [] { return moved("/private/a.png"); });
        add("/pictures/file.png", [] { return moved("file:///etc/passwd"); });
        add("/pictures/round.png", [] { return moved("/pictures/round.png"); });
        add("/pictures/page.html", [] { return http::text_response(200, "<p>secret</p>"); });
        add("/pictures/none.png", [] { return http::text_response(404, "secret"); });
        add("/pictures/empty.png", [] { return http::text_response(200, ""); });
        add("/private/a.png", [] { return http::text_response(200, text_of(picture())); });
        router_.add("GET", "/pictures/slow.png", [this](http::Request request) {
            return wait(std::move(request));
        });
        start();
    }

    [[nodiscard]] std::string url(const std::string& path) const { return server_->url() + path; }
    runtime::IoThreads& io() { return io_; }

    /// Fires when somebody asks for slow.png, which is there once `opened` has fired.
    AsyncEvent asked;
    AsyncEvent opened;

  private:
    void add(const char* path, std::function<http::Response()> answer) {
        router_.add(
            "GET", path, http::immediate([answer](const http::Request&) { return answer(); }));
    }

    awaitable<http::Response> wait(http::Request request) {
        asked.notify_all();
        const std::vector<runtime::Watch> watches = {
            runtime::Watch(opened, 0), runtime::Watch(*request.client_gone, 0)};
        const Deadline deadline = Deadline::after(seconds(10));
        const Result<std::size_t> first = co_await runtime::wait_any(watches, deadline);
        co_return http::text_response(first.has_value() ? 200 : 599, text_of(picture()));
    }
};

class ImageUrls : public GatewayTest {
  protected:
    ImageUrls() { allow(fetching()); }
    ~ImageUrls() override { gallery_.opened.notify_all(); }

    ImageFetching fetching() {
        ImageFetching fetching;
        fetching.places = http::UrlPrefixes::parse({gallery_.url("/pictures/")}).value();
        fetching.client =
            http::OutgoingClient(http::AddressPolicy::with_networks({"127.0.0.1"}).value());
        return fetching;
    }

    void allow(ImageFetching fetching) {
        server_.reset();
        image_fetcher_ = std::make_unique<ImageFetcher>(std::move(fetching));
        serve({});
    }

    http::ClientResponse post(const std::string& target, const std::string& body) {
        http::ClientRequest request;
        request.method = "POST";
        request.url = server_->url() + target;
        request.headers.set("Request-Type", "async");
        request.body = body;
        return tell(std::move(request));
    }
    http::ClientResponse extra(const std::string& path) {
        return post("/sdapi/v1/extra-single-image", image_body(path));
    }
    std::string image_body(const std::string& path) {
        return format(R"({{"image": "{}"}})", gallery_.url(path));
    }

    std::vector<std::vector<std::byte>> stored() {
        const auto entries = objects_.list({}).value();
        std::vector<std::vector<std::byte>> files;
        for (const storage::ObjectEntry& entry : entries)
            files.push_back(objects_.get(entry.key).value());
        return files;
    }
    std::size_t tasks() { return storage::wait(store_, &TaskStore::list, {}).value().size(); }

    static bool happens(Gallery& gallery, const AsyncEvent& event) {
        const Deadline deadline = Deadline::after(seconds(10));
        return runtime::block_on(gallery.io().executor(), event.wait(0, deadline)).has_value();
    }

    Gallery gallery_;
};

TEST_F(ImageUrls, TheFileBecomesTheStoredInputOfTheTask) {
    const std::string a = gallery_.url("/pictures/a.png");
    const std::string b = gallery_.url("/pictures/near.png");
    EXPECT_EQ(
        post(
            "/sdapi/v1/img2img",
            format(R"({{"init_images": [" {}\n"], "mask": "{}", "steps": 1}})", a, b))
            .status,
        200);
    EXPECT_EQ(stored(), std::vector({picture(), picture()}));
    EXPECT_EQ(
        post(
            "/img2img",
            format(R"({{"stable_diffusion_model": "icons", "init_images": ["{}"]}})", a))
            .status,
        200);
    EXPECT_EQ(post("/extra_images", image_body("/pictures/a.png")).status, 200);
    EXPECT_EQ(extra("/pictures/near.png").status, 200);
    EXPECT_EQ(
        post(
            "/sdapi/v1/extra-batch-images",
            format(
                R"({{"imageList": [{{"data": "{0}", "name": ""}}, {{"data": "{1}", "name": ""}}]}})",
                a,
                b))
            .status,
        200);
    EXPECT_EQ(stored().size(), 7U);
    EXPECT_EQ(tasks(), 5U);
    EXPECT_EQ(ask("POST", "/sdapi/v1/png-info", image_body("/pictures/a.png")).status, 200);
    const http::ClientResponse dry =
        post("/extra_images?dry_run=true", image_body("/pictures/a.png"));
    EXPECT_THAT(dry.body, HasSubstr(R"("pictures":1)"));
    EXPECT_EQ(tasks(), 5U);
}

TEST_F(ImageUrls, WhatIsNotFetchedNamesItsFieldAndShowsNothing) {
    struct Row {
        const char* path;
        const char* words;
    };
    for (const Row& row :
         {Row{"/private/a.png", "Requests not allowed"},
          Row{"/pictures/../private/a.png", "Requests not allowed"},
          Row{"/pictures/%2e%2e/private/a.png", "Requests not allowed"},
          Row{"/pictures/away.png", "Requests not allowed"},
          Row{"/pictures/file.png", "Requests not allowed"},
          Row{"/pictures/round.png", "one place after the other"},
          Row{"/pictures/none.png", "404"},
          Row{"/pictures/empty.png", "the file is empty"},
          Row{"/pictures/page.html", "none of PNG, JPEG and WebP"}}) {
        const http::ClientResponse refused = extra(row.path);
        EXPECT_EQ(refused.status, 422) << row.path << refused.body;
        EXPECT_THAT(refused.body, HasSubstr(R"("loc":["body","image"])")) << row.path;
        EXPECT_THAT(refused.body, HasSubstr(row.words)) << row.path;
        EXPECT_THAT(refused.body, Not(HasSubstr("secret"))) << row.path;
        const http::ClientResponse mask = post(
            "/sdapi/v1/img2img",
            format(
                R"({{"init_images": ["{}"], "mask": "{}", "steps": 1}})",
                gallery_.url("/pictures/a.png"),
                gallery_.url(row.path)));
        EXPECT_EQ(mask.status, 422) << row.path << mask.body;
        EXPECT_THAT(mask.body, HasSubstr(R"("loc":["body","mask"])")) << row.path;
        EXPECT_EQ(post("/extra_images", image_body(row.path)).status, 400) << row.path;
    }
    EXPECT_TRUE(stored().empty());
    EXPECT_EQ(tasks(), 0U);
}

TEST_F(ImageUrls, AnAllowedPlaceInAPrivateNetworkIsNotEnough) {
    const std::string place = "https://127.0.0.1:" + std::to_string(port()) + "/pictures/";
    ImageFetching strict = fetching();
    strict.client = http::OutgoingClient(http::AddressPolicy());
    strict.places = http::UrlPrefixes::parse({place}).value();
    allow(std::move(strict));
    const http::ClientResponse refused =
        post("/sdapi/v1/extra-single-image", format(R"({{"image": "{}a.png"}})", place));
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, HasSubstr("may not be connected to"));
    EXPECT_THAT(refused.body, Not(HasSubstr("127.0.0.1")));
}

TEST_F(ImageUrls, WithoutPlacesNothingIsFetched) {
    allow({});
    const http::ClientResponse refused = extra("/pictures/a.png");
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, HasSubstr("Requests not allowed: send the image itself"));
}

TEST_F(ImageUrls, ARequestsPicturesAreLimitedTogether) {
    ImageFetching limited = fetching();
    limited.max_bytes = picture().size() * 2 - 1;
    allow(std::move(limited));
    EXPECT_EQ(extra("/pictures/a.png").status, 200);
    const http::ClientResponse refused = post(
        "/sdapi/v1/img2img",
        format(
            R"({{"init_images": ["{0}"], "mask": "{0}", "steps": 1}})",
            gallery_.url("/pictures/a.png")));
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, HasSubstr("too large"));
    EXPECT_THAT(refused.body, HasSubstr(R"("loc":["body","mask"])"));
}

TEST_F(ImageUrls, APictureThatDoesNotComeInTimeIsRefused) {
    ImageFetching hasty = fetching();
    hasty.max_time = milliseconds(100);
    allow(std::move(hasty));
    const http::ClientResponse refused = extra("/pictures/slow.png");
    EXPECT_EQ(refused.status, 422);
    EXPECT_THAT(refused.body, HasSubstr("in time"));
}

TEST_F(ImageUrls, OneTenantsSlowPicturesTakeOnlyItsPart) {
    ImageFetching narrow = fetching();
    narrow.per_tenant = 1;
    narrow.wait_time = milliseconds(50);
    ImageFetcher fetcher(std::move(narrow));
    const auto fetch = [&](std::string tenant, std::string url) {
        std::vector<ImageText> texts = {{"image", &url}};
        const Result<void> fetched =
            runtime::block_on(io_.executor(), fetcher.fetch(std::move(tenant), std::move(texts)));
        return fetched.has_value() ? url : std::string(to_string(fetched.error().code));
    };
    std::string first;
    std::jthread slow([&] { first = fetch("a", gallery_.url("/pictures/slow.png")); });
    ASSERT_TRUE(happens(gallery_, gallery_.asked));
    EXPECT_EQ(fetch("a", gallery_.url("/pictures/a.png")), "resource_exhausted");
    EXPECT_EQ(fetch("b", gallery_.url("/pictures/a.png")), base64_encode(picture()));
    gallery_.opened.notify_all();
    slow.join();
    EXPECT_EQ(first, base64_encode(picture()));
    EXPECT_EQ(fetch("a", gallery_.url("/pictures/a.png")), base64_encode(picture()));
}

TEST_F(ImageUrls, WhoWaitsIsServedWhenAPlaceIsFree) {
    ImageFetching narrow = fetching();
    narrow.per_tenant = 1;
    allow(std::move(narrow));
    std::jthread slow([&] { EXPECT_EQ(extra("/pictures/slow.png").status, 200); });
    ASSERT_TRUE(happens(gallery_, gallery_.asked));
    std::jthread waiting([&] { EXPECT_EQ(extra("/pictures/a.png").status, 200); });
    gallery_.opened.notify_all();
}

TEST_F(ImageUrls, MoreThanMayWaitAreAnsweredWithRetryAfter) {
    ImageFetching none = fetching();
    none.waiting = 0;
    allow(std::move(none));
    const http::ClientResponse refused = extra("/pictures/a.png");
    EXPECT_EQ(refused.status, 429);
    EXPECT_NE(refused.headers.get("Retry-After"), "");
}

TEST_F(ImageUrls, TheEndOfTheServerDoesNotWaitForAPicture) {
    auto fetcher = std::make_unique<ImageFetcher>(fetching());
    std::string url = gallery_.url("/pictures/slow.png");
    std::vector<ImageText> texts = {{"image", &url}};
    Result<void> fetched;
    std::jthread asking([&] {
        fetched = runtime::block_on(io_.executor(), fetcher->fetch("a", std::move(texts)));
    });
    ASSERT_TRUE(happens(gallery_, gallery_.asked));
    fetcher.reset();
    asking.join();
    EXPECT_EQ(fetched.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(gallery_.opened.has_fired());
}

}  // namespace
}  // namespace darkroom::gateway
