// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_request.h"
#include "api/usage_body.h"
#include "control/store_call.h"
#include "gateway/caller.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

/// Without ?from and ?to: this day and so many before it.
constexpr std::int64_t kDefaultDays = 30;

api::Outcome<std::int64_t> day_of(
    const http::Parameters& query, const char* name, std::int64_t otherwise) {
    const std::string* text = query.find(name);
    if (text == nullptr) return otherwise;
    const Result<std::int64_t> day = api::parse_day(*text);
    if (!day) return api::message_refusal(422, std::string(name) + ": " + day.error().message);
    return *day;
}

/// Nothing but "json" and "csv" is known.
api::Outcome<bool> wants_csv(const http::Request& request) {
    const std::string* format = request.location.query.find("format");
    if (format == nullptr) return request.headers.get("Accept").starts_with("text/csv");
    if (*format == "csv") return true;
    if (*format == "json") return false;
    return api::message_refusal(422, "format: json or csv");
}

api::Outcome<storage::UsageFilter> filter_of(Parts& parts, const http::Request& request) {
    const http::Parameters& query = request.location.query;
    const std::int64_t today = parts.clock.wall_ms() / domain::kMsPerDay;
    storage::UsageFilter filter;
    filter.tenant = caller_of(request).tenant;
    DARKROOM_TRY_ASSIGN(filter.last_day, day_of(query, "to", today));
    const std::int64_t begin = std::max<std::int64_t>(filter.last_day - kDefaultDays, 0);
    DARKROOM_TRY_ASSIGN(filter.first_day, day_of(query, "from", begin));
    const Result<void> valid = storage::validate(filter);
    if (!valid) return api::message_refusal(422, "to: a day from `from` on, at most ten years");
    return filter;
}

boost::asio::awaitable<http::Response> show_usage(Parts& parts, http::Request request) {
    const auto is_csv = wants_csv(request);
    if (!is_csv) co_return respond(is_csv.error());
    auto filter = filter_of(parts, request);
    if (!filter) co_return respond(filter.error());
    storage::UsageFilter wanted = *std::move(filter);
    const Result<std::vector<domain::Usage>> rows = co_await control::store_call(
        parts.dispatcher.store(), &storage::TaskStore::usage, std::move(wanted));
    if (!rows) co_return respond(message_from(rows.error()));
    if (!*is_csv) co_return respond(json::Value(api::usage_body(*rows)));
    http::Response response = http::text_response(200, api::usage_csv(*rows));
    response.headers.set("Content-Type", "text/csv; charset=utf-8");
    co_return response;
}

}  // namespace

void add_usage_routes(http::Router& router, Parts& parts) {
    router.add("GET", "/usage", [&parts](http::Request request) {
        return show_usage(parts, std::move(request));
    });
}

}  // namespace darkroom::gateway
