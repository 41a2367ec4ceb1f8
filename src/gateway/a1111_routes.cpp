// SPDX-License-Identifier: Apache-2.0
#include "api/listings.h"
#include "api/progress.h"
#include "base/format.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/task_mode.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;

http::Response progress(Parts& parts, const http::Request& request) {
    std::optional<std::string> name;
    if (const auto wanted = request.location.query.find("id_task")) name = *wanted;
    const auto task = parts.dispatcher.progress().find(caller_of(request).tenant, name);
    if (!task) return respond(api::progress_body({}));
    const auto place = parts.dispatcher.scheduler().place(task->id);
    return respond(api::progress_body(job_progress(*task, place)));
}

http::Response interrupt(Parts& parts, const http::Request& request) {
    parts.dispatcher.interrupt(caller_of(request).tenant, std::nullopt);
    return respond(json::Object{});
}

awaitable<http::Response> sd_models(Parts& parts) {
    const auto models = co_await scan_models(parts);
    if (!models) co_return respond(api::refusal_from(models.error()));
    co_return respond(api::models_body(*models));
}

}  // namespace

void add_a1111_routes(http::Router& router, Parts& parts) {
    const std::string base = "/sdapi/v1";
    for (const api::RequestKind kind : {api::RequestKind::txt2img, api::RequestKind::img2img}) {
        const std::string path = format("{}/{}", base, to_string(kind));
        router.add("POST", path, [&parts, kind](http::Request request) {
            return draw_pictures(parts, kind, std::move(request));
        });
    }
    router.add("POST", base + "/extra-single-image", [&parts](http::Request request) {
        return extra_single_image(parts, std::move(request));
    });
    router.add("POST", base + "/extra-batch-images", [&parts](http::Request request) {
        return extra_batch_images(parts, std::move(request));
    });
    // What the server answers by itself.
    const auto add_call = [&](const char* method, const char* path, http::Handler handler) {
        router.add(method, base + path, keeping_answers(parts, std::move(handler)));
    };
    add_call("POST", "/png-info", [&parts](http::Request request) {
        return png_info(parts, std::move(request));
    });
    add_call("GET", "/sd-models", [&parts](const http::Request& /*request*/) {
        return sd_models(parts);
    });
    const auto add = [&](const char* method, const char* path, auto function) {
        add_call(method, path, http::immediate(std::move(function)));
    };
    add("GET", "/progress", [&parts](const http::Request& r) { return progress(parts, r); });
    add("POST", "/interrupt", [&parts](const http::Request& request) {
        return interrupt(parts, request);
    });
    add("GET", "/samplers", [&parts](const http::Request&) {
        return respond(api::samplers_body(parts.catalog));
    });
    add("GET", "/schedulers", [&parts](const http::Request&) {
        return respond(api::schedulers_body(parts.catalog));
    });
}

}  // namespace darkroom::gateway
