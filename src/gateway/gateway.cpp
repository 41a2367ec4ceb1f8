// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.h"

#include "gateway/routes.h"

namespace darkroom::gateway {

void add_routes(http::Router& router, Parts& parts) {
    add_operations_routes(router, parts);
    add_a1111_routes(router, parts);
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
    return http::render_detail(problem, path);
}

}  // namespace darkroom::gateway
