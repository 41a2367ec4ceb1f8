// SPDX-License-Identifier: Apache-2.0
// Log-in, log-out and tickets.

#include "api/account_requests.h"
#include "api/serverless_request.h"
#include "base/format.h"
#include "gateway/access_control.h"
#include "gateway/forwarded.h"
#include "gateway/routes.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;

/// The reference's words, with its empty members.
http::Response failed_log_in(const AccessControl& access) {
    const int status = access.options().is_strict ? 410 : 401;
    const json::Object body{{"message", "login fail"}, {"token", ""}, {"userName", ""}};
    return http::json_response(status, json::dump(body));
}

std::string cookie_of(const http::Request& request, std::string_view token) {
    const char* secure = scheme_of(request) == "https" ? "; Secure" : "";
    const char* ended = token.empty() ? "; Max-Age=0" : "";
    return format(
        "{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", kSessionCookie, token, secure, ended);
}

awaitable<http::Response> log_in(Parts& parts, http::Request request) {
    const auto wanted = api::parse_login(request.body);
    if (!wanted) co_return respond(wanted.error());
    std::string user = wanted->user;
    std::string password = wanted->password;
    Origin origin = origin_of(request);
    const std::variant<LogIn, Denial> outcome = co_await parts.access.authenticator().log_in(
        std::move(user), std::move(password), std::move(origin));
    if (const auto* denial = std::get_if<Denial>(&outcome)) {
        if (denial->status == 401) co_return failed_log_in(parts.access);
        co_return parts.access.deny(*denial, request.location.path);
    }
    const std::string& token = std::get<LogIn>(outcome).token;
    http::Response response = respond(json::Value(
        json::Object{{"userName", wanted->user}, {"token", token}, {"message", "login success"}}));
    response.headers.set("Set-Cookie", cookie_of(request, token));
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

awaitable<http::Response> log_out(Parts& parts, http::Request request) {
    Credential credential = credential_of(request);
    const Result<void> ended = co_await parts.access.authenticator().log_out(std::move(credential));
    if (!ended) {
        const bool is_absent = ended.error().code == ErrorCode::not_found;
        const int status = is_absent ? 400 : http_status(ended.error().code);
        co_return respond(api::message_refusal(status, ended.error().message));
    }
    co_await parts.access.record(request, "logout", "", "ok");
    http::Response response = respond(json::Value(json::Object{{"message", "logout success"}}));
    response.headers.set("Set-Cookie", cookie_of(request, ""));
    co_return response;
}

http::Response issue_ticket(Parts& parts, const http::Request& request) {
    const Result<std::string> ticket =
        parts.access.authenticator().tickets().issue(caller_of(request));
    if (!ticket) return respond(api::message_refusal(503, ticket.error().message));
    http::Response response = respond(json::Value(
        json::Object{{"ticket", *ticket}, {"expiresInSeconds", TicketBox::kLifetimeMs / 1000}}));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

}  // namespace

void add_session_routes(http::Router& router, Parts& parts) {
    router.add("POST", "/login", [&parts](http::Request request) {
        return log_in(parts, std::move(request));
    });
    router.add("POST", "/logout", [&parts](http::Request request) {
        return log_out(parts, std::move(request));
    });
    router.add("POST", "/tickets", http::immediate([&parts](const http::Request& request) {
                   return issue_ticket(parts, request);
               }));
}

}  // namespace darkroom::gateway
