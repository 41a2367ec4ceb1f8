// SPDX-License-Identifier: Apache-2.0
#include "api/account_requests.h"

#include <limits>
#include <vector>

#include "api/serverless_request.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

constexpr int kUnprocessable = 422;
constexpr std::int64_t kMsPerS = 1000;
/// A thousand years; more would not fit in milliseconds.
constexpr std::int64_t kMaxLifetimeS = 31'556'952'000;

Refusal refuse(const std::string& message) {
    return message_refusal(kUnprocessable, message);
}

Refusal refusal_of(const Error& error) {
    return refuse(error.field.empty() ? error.message : error.field + ": " + error.message);
}

/// Takes members out of an object one by one; what is left in the end was not known.
class Members {
  public:
    static Outcome<Members> parse(std::string_view body) {
        const Result<json::Value> value = json::parse(body);
        if (!value || !value->is_object()) return refuse("the body must be a JSON object");
        return Members(value->as_object());
    }
    explicit Members(json::Object object) : object_(std::move(object)) {}

    std::string text(const char* name, bool is_required) {
        const std::optional<json::Value> value = take(name);
        if (!value && !is_required) return {};
        if (value && value->is_string()) return value->as_string();
        return fail(name, "must be a text"), std::string();
    }
    std::vector<std::string> texts(const char* name) {
        const std::optional<json::Value> value = take(name);
        std::vector<std::string> words;
        bool is_list = value && value->is_array();
        if (is_list) {
            for (const json::Value& word : value->as_array()) {
                is_list = is_list && word.is_string();
                if (is_list) words.push_back(word.as_string());
            }
        }
        if (!is_list) fail(name, "must be a list of texts");
        return words;
    }
    std::optional<std::int64_t> integer(const char* name) {
        const std::optional<json::Value> value = take(name);
        if (!value) return std::nullopt;
        if (value->is_integer()) return value->as_integer();
        return fail(name, "must be an integer"), std::nullopt;
    }
    std::optional<double> number(const char* name) {
        const std::optional<json::Value> value = take(name);
        if (!value) return std::nullopt;
        if (value->is_number()) return value->as_double();
        return fail(name, "must be a number"), std::nullopt;
    }
    json::Object object(const char* name) {
        const std::optional<json::Value> value = take(name);
        if (value && value->is_object()) return value->as_object();
        return fail(name, "must be an object"), json::Object();
    }

    /// The first thing that was wrong.
    [[nodiscard]] std::optional<Refusal> problem() const {
        if (!problem_.empty()) return refuse(problem_);
        if (object_.empty()) return std::nullopt;
        return refuse(format("{}: no such member", object_.begin()->first));
    }

  private:
    /// Null is an absent value.
    std::optional<json::Value> take(const char* name) {
        const json::Value* found = object_.find(name);
        if (found == nullptr) return std::nullopt;
        json::Value value = *found;
        object_.erase(name);
        if (value.is_null()) return std::nullopt;
        return value;
    }
    void fail(const char* name, const char* message) {
        if (problem_.empty()) problem_ = format("{}: {}", name, message);
    }

    json::Object object_;
    std::string problem_;
};

}  // namespace

Outcome<LoginRequest> parse_login(std::string_view body) {
    const Refusal bad = message_refusal(400, "bad request body");
    const Result<json::Value> value = json::parse(body);
    if (!value || !value->is_object()) return bad;
    LoginRequest request;
    for (const auto& [name, member] : value->as_object()) {
        std::string lower;
        for (const char c : name)
            lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool is_user = lower == "username";
        if (!is_user && lower != "password") continue;
        if (!member.is_string()) return bad;
        (is_user ? request.user : request.password) = member.as_string();
    }
    return request;
}

Outcome<domain::KeyOrder> parse_key_order(std::string_view body, std::int64_t now_ms) {
    DARKROOM_TRY_ASSIGN(Members members, Members::parse(body));
    domain::KeyOrder order;
    order.tenant = members.text("tenant", /*is_required=*/true);
    order.label = members.text("label", /*is_required=*/false);
    const std::vector<std::string> words = members.texts("scopes");
    const std::optional<std::int64_t> lifetime_s = members.integer("expiresInSeconds");
    if (auto problem = members.problem()) return *std::move(problem);
    std::string joined;
    for (const std::string& word : words) {
        if (word.find(',') != std::string::npos) return refuse("scopes: one in each text");
        joined += joined.empty() ? word : "," + word;
    }
    const Result<domain::Scopes> scopes = domain::Scopes::parse(joined);
    if (!scopes) return refusal_of(scopes.error());
    order.scopes = *scopes;
    if (!lifetime_s) return order;
    if (*lifetime_s < 1 || *lifetime_s > kMaxLifetimeS) {
        return refuse("expiresInSeconds: must be from 1 to 31556952000");
    }
    order.expires_ms = now_ms + *lifetime_s * kMsPerS;
    return order;
}

Outcome<UserOrder> parse_user_order(std::string_view body) {
    DARKROOM_TRY_ASSIGN(Members members, Members::parse(body));
    UserOrder order;
    order.name = members.text("userName", /*is_required=*/true);
    order.password = members.text("password", /*is_required=*/true);
    order.tenant = members.text("tenant", /*is_required=*/false);
    const std::string role = members.text("role", /*is_required=*/false);
    if (auto problem = members.problem()) return *std::move(problem);
    if (order.tenant.empty()) order.tenant = order.name;
    if (!role.empty()) {
        const Result<domain::Role> parsed = domain::parse_role(role);
        if (!parsed) return refusal_of(parsed.error());
        order.role = *parsed;
    }
    for (const Result<void>& checked :
         {domain::check_user_name(order.name),
          domain::check_password(order.password),
          domain::check_tenant_name(order.tenant)}) {
        if (!checked) return refusal_of(checked.error());
    }
    return order;
}

Outcome<domain::Quotas> parse_tenant_settings(std::string_view body) {
    DARKROOM_TRY_ASSIGN(Members members, Members::parse(body));
    Members settings(members.object("quotas"));
    if (auto problem = members.problem()) return *std::move(problem);
    domain::Quotas quotas;
    quotas.queued_tasks = settings.integer("queuedTasks");
    quotas.queued_seconds = settings.number("queuedSeconds");
    quotas.pictures_per_day = settings.integer("picturesPerDay");
    quotas.requests_per_second = settings.number("requestsPerSecond");
    if (auto problem = settings.problem()) return *std::move(problem);
    const Result<void> checked = domain::check(quotas);
    if (!checked) return refusal_of(checked.error());
    return quotas;
}

}  // namespace darkroom::api
