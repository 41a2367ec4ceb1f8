// SPDX-License-Identifier: Apache-2.0
#include "gateway/access_control.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "api/refusal.h"
#include "api/serverless_request.h"
#include "base/format.h"
#include "base/random.h"
#include "control/store_call.h"
#include "gateway/forwarded.h"
#include "telemetry/log.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using storage::AccountStore;

constexpr std::size_t kMaxRequestId = 64;
constexpr int kFirstFailure = 400;
constexpr int kInternal = 500;
constexpr std::size_t kMaxTenants = 10'000;
/// As many seconds' worth of requests may come at once.
constexpr double kBurstS = 2.0;
constexpr BucketSize kOnceAMinute{.capacity = 1, .per_second = 1.0 / 60.0};
/// Failed changes of one caller: mistakes come in numbers, floods do not get through.
constexpr BucketSize kFailures{.capacity = 20, .per_second = 1.0 / 60.0};

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= kMaxRequestId && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

std::optional<domain::Scope> scope_of(Access access) {
    switch (access) {
        case Access::generate:
            return domain::Scope::generate;
        case Access::models:
            return domain::Scope::models;
        case Access::admin:
            return domain::Scope::admin;
        case Access::open:
        case Access::any:
            return std::nullopt;
    }
    return domain::Scope::admin;
}

/// Whether a request of this route changes what belongs to everybody.
bool is_administration(std::string_view route) {
    if (route.starts_with("GET ") || route.starts_with("HEAD ")) return false;
    const std::optional<Access> access = access_of(route);
    // Pieces of uploads come again and again.
    const bool is_model =
        access == Access::models && route.find(" /models") != std::string_view::npos;
    return access == Access::admin || is_model;
}

/// What a refusal says, in whichever shape.
std::string reason_in(const http::Response& response) {
    const auto body = json::parse(response.body);
    for (const char* member : {"message", "detail", "errMsg"}) {
        const json::Value* text = body && body->is_object() ? body->find(member) : nullptr;
        if (text != nullptr && text->is_string()) return text->as_string();
    }
    return {};
}

/// The log is for ever, and what strangers wrote may be long.
std::string shortened(std::string text) {
    constexpr std::size_t kMost = 200;
    if (text.size() > kMost) {
        std::size_t end = kMost;
        // Not within a character of UTF-8.
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
            --end;
        text.resize(end);
    }
    return text;
}

using SteadyClock = std::chrono::steady_clock;

/// What the log says of a request beside its caller.
struct RequestLine {
    std::string method;
    std::string path;
    std::string route;
    std::string address;
    SteadyClock::time_point begin = SteadyClock::now();
};

void write(const RequestLine& line, const Caller& caller, int status) {
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - line.begin).count();
    log::debug(
        "request",
        {{"method", line.method},
         {"path", line.path},
         {"route", line.route},
         {"status", status},
         {"seconds", seconds},
         {"address", line.address},
         {"tenant", caller.tenant},
         {"caller", caller.name},
         {"request", caller.request_id},
         {"trace", trace_id_of(caller.trace)}});
}

http::Response response_of(const api::Refusal& refusal) {
    return http::json_response(refusal.status, json::dump(refusal.body));
}

}  // namespace

Origin origin_of(const http::Request& request) {
    const std::string_view sent = request.headers.get("X-Request-Id");
    return {request.remote_address, is_word(sent) ? std::string(sent) : random_id()};
}

AccessControl::AccessControl(Authenticator::Surroundings surroundings, AccessOptions options)
    : surroundings_(surroundings),
      options_(options),
      authenticator_(surroundings, options.requires_credentials),
      quota_gate_(surroundings.accounts, surroundings.clock),
      requests_(surroundings.clock),
      denials_(surroundings.clock),
      failures_(surroundings.clock) {}

http::Guard AccessControl::guard() {
    return [this](std::string route, http::Request request, http::Handler next) {
        return admit(std::move(route), std::move(request), std::move(next));
    };
}

awaitable<http::Response> AccessControl::admit(
    std::string route, http::Request request, http::Handler next) {
    const std::string path = request.location.path;
    apply_forwarded(request, options_.forwarding);
    const Origin origin = origin_of(request);
    const RequestLine line{request.method, path, route, origin.address};
    Caller caller{"", "anonymous", {}, origin.request_id};
    // What matches no route still asks who calls: strangers learn nothing of what is there.
    std::optional<Access> access = route.empty() ? Access::any : access_of(route);
    std::optional<Denial> denial;
    if (!access) {
        denial = Denial{403, "this route has no access rule"};
    } else if (*access != Access::open) {
        Credential credential = credential_of(request);
        Origin asked = origin;
        std::string wanted = route;
        std::variant<Caller, Denial> judged =
            co_await judge(std::move(wanted), *access, std::move(credential), std::move(asked));
        if (auto* known = std::get_if<Caller>(&judged)) caller = std::move(*known);
        if (auto* no = std::get_if<Denial>(&judged)) denial = std::move(*no);
    }
    caller.trace = request.trace;
    http::Response response;
    if (denial) {
        response = deny(*denial, path);
    } else {
        request.identity = caller;
        response = co_await answer_audited(std::move(route), std::move(request), std::move(next));
    }
    response.headers.set("X-Request-Id", origin.request_id);
    write(line, caller, response.status);
    co_return response;
}

/// The answer of a route; when a change failed and the route recorded nothing of it, this does.
awaitable<http::Response> AccessControl::answer_audited(
    std::string route, http::Request request, http::Handler next) {
    http::Response response;
    if (!is_administration(route)) {
        response = co_await next(std::move(request));
        co_return response;
    }
    Caller caller = caller_of(request);
    caller.failure_is_audited = std::make_shared<std::atomic<bool>>(false);
    const std::shared_ptr<std::atomic<bool>> is_audited = caller.failure_is_audited;
    request.identity = std::move(caller);
    http::Request asked;
    asked.method = request.method;
    asked.location.path = request.location.path;
    asked.remote_address = request.remote_address;
    asked.identity = request.identity;
    std::exception_ptr thrown;
    try {
        response = co_await next(std::move(request));
    } catch (...) {
        thrown = std::current_exception();
    }
    const int status = thrown ? kInternal : response.status;
    if (status >= kFirstFailure && !*is_audited) {
        std::string outcome = std::to_string(status);
        const std::string reason = shortened(reason_in(response));
        if (!reason.empty()) outcome += " " + reason;
        co_await record_failure(asked, std::move(route), std::move(outcome));
    }
    if (thrown) std::rethrow_exception(thrown);
    co_return response;
}

awaitable<void> AccessControl::record_failure(
    const http::Request& request, std::string action, std::string outcome) {
    if (failures_.take(caller_of(request).name, kFailures) > 0) co_return;
    std::string subject = shortened(request.location.path);
    co_await record(request, std::move(action), std::move(subject), std::move(outcome));
}

awaitable<std::variant<Caller, Denial>> AccessControl::judge(
    std::string route, Access access, Credential credential, Origin origin) {
    Origin asked = origin;
    Identity identity = co_await authenticator_.identify(std::move(credential), std::move(asked));
    if (std::holds_alternative<Denial>(identity)) co_return identity;
    Caller caller = std::get<Caller>(std::move(identity));
    caller.request_id = origin.request_id;
    std::string tenant = caller.tenant;
    std::optional<Denial> refused = co_await over_rate(std::move(tenant));
    if (refused) co_return *refused;
    const std::optional<domain::Scope> scope = scope_of(access);
    if (!scope || caller.scopes.allow(*scope)) co_return caller;
    domain::AuditEntry entry = authenticator_.entry_of(caller, origin.address);
    entry.action = "access";
    entry.subject = std::move(route);
    entry.outcome = format("scope {} is missing", domain::to_string(*scope));
    Denial denial{403, format("this needs the scope {}", domain::to_string(*scope))};
    // The log is for ever: once a minute says as much.
    if (denials_.take(entry.actor + " " + entry.subject, kOnceAMinute) > 0) co_return denial;
    co_await authenticator_.record(std::move(entry));
    co_return denial;
}

awaitable<std::optional<Denial>> AccessControl::over_rate(std::string tenant) {
    const std::string name = tenant;
    const Result<domain::Quotas> quotas = co_await quotas_of(std::move(tenant));
    if (!quotas) co_return Denial{http_status(quotas.error().code), quotas.error().message};
    if (!quotas->requests_per_second) co_return std::nullopt;
    const double rate = *quotas->requests_per_second;
    const std::int64_t wait = requests_.take(name, {std::max(1.0, kBurstS * rate), rate});
    if (wait == 0) co_return std::nullopt;
    co_return Denial{
        429,
        format(
            "too many requests; at most so many per second (quotas.requestsPerSecond: {})", rate),
        wait};
}

runtime::Task<domain::Quotas> AccessControl::quotas_of(std::string tenant) {
    {
        const auto quotas = quotas_.lock();
        const auto found = quotas->find(tenant);
        if (found != quotas->end()) co_return found->second;
    }
    std::string wanted = tenant;
    const Result<domain::Tenant> row = co_await control::store_call(
        surroundings_.accounts, &AccountStore::get_tenant, std::move(wanted));
    if (!row && row.error().code != ErrorCode::not_found) co_return row.error();
    const domain::Quotas found = row ? row->quotas : domain::Quotas{};
    const auto quotas = quotas_.lock();
    if (quotas->size() >= kMaxTenants) quotas->clear();
    // A change that was noted meanwhile is newer than this row.
    co_return quotas->try_emplace(tenant, found).first->second;
}

http::Response AccessControl::deny(const Denial& denial, std::string_view path) const {
    const bool is_a1111 = path.starts_with("/sdapi/");
    http::Response response;
    if (denial.status == 401 && options_.is_strict) {
        response = response_of(api::message_refusal(410, "please login first or login expired"));
    } else if (is_a1111) {
        const bool is_missing = denial.message.starts_with("please login");
        response = response_of(
            api::http_exception(denial.status, is_missing ? "Not authenticated" : denial.message));
    } else {
        response = response_of(api::message_refusal(denial.status, denial.message));
        if (denial.status == 401) response.headers.set("WWW-Authenticate", "Bearer");
    }
    if (denial.retry_after_s > 0) {
        response.headers.set("Retry-After", std::to_string(denial.retry_after_s));
    }
    return response;
}

awaitable<void> AccessControl::record(
    const http::Request& request, std::string action, std::string subject, std::string outcome) {
    const Caller caller = caller_of(request);
    if (outcome != "ok" && caller.failure_is_audited) *caller.failure_is_audited = true;
    domain::AuditEntry entry = authenticator_.entry_of(caller, request.remote_address);
    entry.action = std::move(action);
    entry.subject = std::move(subject);
    entry.outcome = std::move(outcome);
    co_await authenticator_.record(std::move(entry));
}

}  // namespace darkroom::gateway
