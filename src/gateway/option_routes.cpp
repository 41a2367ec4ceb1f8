// SPDX-License-Identifier: Apache-2.0
// The options of a tenant, in A1111's words and in the serverless API's. Both are the same ones.

#include "api/serverless_options.h"
#include "api/serverless_request.h"
#include "gateway/caller.h"
#include "gateway/routes.h"
#include "gateway/task_mode.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;

constexpr std::int64_t kMsPerS = 1000;

/// OptionStore::set, off the I/O threads.
runtime::Task<std::int64_t> save(
    Parts& parts, std::string tenant, api::Options options, std::int64_t before) {
    const std::int64_t now_s = parts.clock.wall_ms() / kMsPerS;
    std::function<Result<std::int64_t>()> work =
        [&parts, tenant = std::move(tenant), options = std::move(options), before, now_s] {
            return parts.options.set(tenant, options, before, now_s);
        };
    Result<std::int64_t> version =
        co_await parts.blocking.run<std::int64_t>(std::move(work), runtime::Deadline::never());
    co_return version;
}

bool is_overtaken(const Result<std::int64_t>& saved) {
    return !saved && saved.error().code == ErrorCode::conflict;
}

http::Response get_options(Parts& parts, const http::Request& request) {
    const StoredOptions stored = parts.options.get(caller_of(request).tenant);
    return respond(api::options_body(stored.options, parts.models.models()));
}

awaitable<http::Response> post_options(Parts& parts, http::Request request) {
    const auto body = json::parse(request.body);
    if (!body || !body->is_object()) {
        co_return respond(api::validation_refusal(
            {{{"body"}, "value is not a valid dict", "type_error.dict", std::nullopt}}));
    }
    const Caller caller = caller_of(request);
    while (true) {
        const StoredOptions before = parts.options.get(caller.tenant);
        auto changed = before.options.with_changes(body->as_object(), parts.models.models());
        if (!changed) co_return respond(changed.error());
        const Result<std::int64_t> saved =
            co_await save(parts, caller.tenant, *changed, before.version);
        if (is_overtaken(saved)) continue;
        if (!saved) co_return respond(api::refusal_from(saved.error()));
        co_return respond(json::Value());
    }
}

http::Response show_snapshot(Parts& parts, const http::Request& request) {
    const StoredOptions stored = parts.options.get(caller_of(request).tenant);
    return respond(api::serverless_options_body(stored.options, stored.version));
}

awaitable<http::Response> store_snapshot(Parts& parts, http::Request request) {
    const auto order = api::parse_options_order(request.body);
    if (!order) co_return respond(order.error());
    const Caller caller = caller_of(request);
    while (true) {
        const StoredOptions before = parts.options.get(caller.tenant);
        const auto changed = api::apply(*order, before.options, parts.models.models());
        if (!changed) co_return respond(changed.error());
        const std::int64_t wanted = order->version.value_or(before.version);
        const Result<std::int64_t> saved = co_await save(parts, caller.tenant, *changed, wanted);
        if (is_overtaken(saved) && !order->version) continue;
        if (!saved) {
            const int status = http_status(saved.error().code);
            co_return respond(api::message_refusal(status, saved.error().message));
        }
        co_return respond(json::Value(json::Object{{"message", "success"}, {"version", *saved}}));
    }
}

}  // namespace

void add_option_routes(http::Router& router, Parts& parts) {
    const auto add_call = [&](const char* method, http::Handler handler) {
        router.add(method, "/sdapi/v1/options", keeping_answers(parts, std::move(handler)));
    };
    add_call("GET", http::immediate([&parts](const http::Request& request) {
                 return get_options(parts, request);
             }));
    add_call("POST", [&parts](http::Request request) {
        return post_options(parts, std::move(request));
    });
    router.add("GET", "/options", http::immediate([&parts](const http::Request& request) {
                   return show_snapshot(parts, request);
               }));
    router.add("POST", "/options", [&parts](http::Request request) {
        return store_snapshot(parts, std::move(request));
    });
}

}  // namespace darkroom::gateway
