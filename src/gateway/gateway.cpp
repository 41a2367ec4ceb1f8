// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.h"

#include <algorithm>
#include <array>

#include "api/serverless_request.h"
#include "gateway/routes.h"

namespace darkroom::gateway {
namespace {

bool is_serverless(std::string_view path) {
    constexpr std::array<std::string_view, 20> kPlaces = {
        "/txt2img",
        "/img2img",
        "/extra_images",
        "/tasks",
        "/models",
        "/images",
        "/options",
        "/uploads",
        "/thumbnails",
        "/list",
        "/batch_update_sd_resource",
        "/del",
        "/restart",
        "/events",
        "/usage",
        "/webhooks",
        "/admin",
        "/login",
        "/logout",
        "/tickets"};
    return std::ranges::any_of(kPlaces, [path](std::string_view place) {
        return path.starts_with(place) &&
               (path.size() == place.size() || path[place.size()] == '/');
    });
}

}  // namespace

void add_routes(http::Router& router, Parts& parts) {
    router.set_guard(parts.access.guard());
    add_operations_routes(router, parts);
    add_session_routes(router, parts);
    add_admin_routes(router, parts);
    add_a1111_routes(router, parts);
    add_option_routes(router, parts);
    add_serverless_routes(router, parts);
    add_task_routes(router, parts);
    add_function_routes(router, parts);
    add_model_routes(router, parts);
    add_upload_routes(router, parts);
    add_removal_routes(router, parts);
    add_event_routes(router, parts);
    add_usage_routes(router, parts);
    add_webhook_routes(router, parts);
}

http::Response respond(const api::Refusal& refusal) {
    return http::json_response(refusal.status, json::dump(refusal.body));
}

http::Response respond(const json::Value& body) {
    return http::json_response(200, json::dump(body));
}

std::function<void(const http::Exchange&)> observer(telemetry::Metrics& metrics) {
    return [&metrics](const http::Exchange& exchange) {
        metrics
            .histogram(
                "darkroom_http_request_seconds",
                "Time to the first byte of an answer",
                {{"route", exchange.route}, {"status", std::to_string(exchange.status)}})
            .observe(exchange.seconds);
    };
}

http::Response render_problem(const http::Problem& problem, std::string_view path) {
    if (problem.status == 500 && path.starts_with("/sdapi/")) {
        return respond(api::python_exception("RuntimeError", problem.message));
    }
    if (is_serverless(path)) {
        return respond(api::message_refusal(problem.status, problem.message));
    }
    return http::render_detail(problem, path);
}

}  // namespace darkroom::gateway
