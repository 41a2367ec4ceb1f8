// SPDX-License-Identifier: Apache-2.0
// Functions of the serverless Stable Diffusion API: list, configure, delete; and restart.

#include <algorithm>

#include "api/serverless_functions.h"
#include "api/serverless_request.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using Models = std::vector<domain::ModelDescription>;

constexpr int kUnprocessable = 422;

/// What tasks call a checkpoint.
std::string task_name_of(const std::string& checkpoint) {
    return domain::describe_model(checkpoint, {}).name;
}

api::FunctionView view_of(Parts& parts, domain::Function function) {
    api::FunctionView view;
    view.instances = parts.agents.instances(task_name_of(function.checkpoint));
    view.status =
        domain::status_of(view.instances, parts.functions.load_failure(function.checkpoint));
    view.function = std::move(function);
    return view;
}

/// Settings are for those who may change them.
http::Response list_functions(Parts& parts, const http::Request& request) {
    const bool is_admin = caller_of(request).scopes.allow(domain::Scope::admin);
    std::vector<api::FunctionView> views;
    for (domain::Function& function : parts.functions.all())
        views.push_back(view_of(parts, std::move(function)));
    return respond(json::Value(
        api::functions_body(views, is_admin ? api::function_body : api::public_function_body)));
}

/// Checkpoints that an order is for, and names that are neither checkpoint nor function.
struct Targets {
    std::vector<std::string> checkpoints;
    std::vector<std::string> unknown;
};

Targets targets_of(Parts& parts, const std::vector<std::string>& names) {
    Targets targets;
    const std::vector<domain::Function> functions = parts.functions.all();
    if (names.empty()) {
        for (const domain::Function& function : functions)
            targets.checkpoints.push_back(function.checkpoint);
        return targets;
    }
    const Models models = parts.models.models();
    for (const std::string& name : names) {
        const auto known = std::ranges::find_if(functions, [&](const domain::Function& function) {
            return function.name == name || function.checkpoint == name;
        });
        const auto model = api::serverless_model(models, name);
        if (known != functions.end())
            targets.checkpoints.push_back(known->checkpoint);
        else if (model)
            targets.checkpoints.push_back((*model)->relative_name);
        else
            targets.unknown.push_back(name);
    }
    return targets;
}

json::Array text_list(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

/// Refuses an order that one of its functions could not take: it changes all or none.
Result<void> judge(Parts& parts, const Targets& targets, const domain::FunctionChange& change) {
    for (const std::string& checkpoint : targets.checkpoints) {
        const auto after = domain::changed(parts.functions.settings(checkpoint), change);
        if (!after) return after.error();
    }
    if (targets.checkpoints.empty()) {
        const auto after = domain::changed({}, change);
        if (!after) return after.error();
    }
    return {};
}

runtime::Task<void> change_function(
    Parts& parts, std::string checkpoint, domain::FunctionChange change) {
    const Result<domain::Function> function =
        co_await parts.functions.ensure(std::move(checkpoint));
    if (!function) co_return function.error();
    storage::FunctionUpdate update{function->name, std::move(change)};
    const Result<domain::Function> changed = co_await parts.functions.change(std::move(update));
    if (!changed) co_return changed.error();
    co_return Result<void>();
}

awaitable<http::Response> update_functions(Parts& parts, http::Request request) {
    const auto order = api::parse_function_order(request.body);
    if (!order) co_return respond(order.error());
    const auto scanned = co_await scan_models(parts);
    if (!scanned) co_return respond(message_from(scanned.error()));
    const Targets targets = targets_of(parts, order->models);
    const Result<void> judged = judge(parts, targets, order->change);
    if (!judged) {
        co_return respond(api::message_refusal(kUnprocessable, judged.error().message));
    }
    json::Array failed;
    std::string reasons;
    for (const std::string& checkpoint : targets.checkpoints) {
        const Result<void> changed = co_await change_function(parts, checkpoint, order->change);
        std::string outcome = changed ? "ok" : changed.error().message;
        co_await parts.access.record(request, "function.change", checkpoint, std::move(outcome));
        if (changed) continue;
        failed.emplace_back(domain::function_name(checkpoint));
        reasons += (reasons.empty() ? "" : "|") + changed.error().message;
    }
    parts.agents.reconsider();
    if (!failed.empty()) {
        json::Object body{
            {"status", "fail"}, {"failFuncList", std::move(failed)}, {"errMsg", reasons}};
        co_return http::json_response(500, json::dump(std::move(body)));
    }
    json::Object body{{"status", "success"}};
    if (!order->not_applied.empty()) body.set("notApplied", text_list(order->not_applied));
    if (!targets.unknown.empty()) body.set("unknownModels", text_list(targets.unknown));
    if (!order->unknown_fields.empty()) body.set("unknownFields", text_list(order->unknown_fields));
    co_return respond(json::Value(std::move(body)));
}

awaitable<http::Response> delete_functions(Parts& parts, http::Request request) {
    const auto names = api::parse_function_names(request.body);
    if (!names) co_return respond(names.error());
    json::Array fails;
    int status = 404;
    for (const std::string& name : *names) {
        const Result<domain::Function> removed = co_await parts.functions.remove(name);
        if (removed) {
            co_await parts.access.record(request, "function.remove", removed->checkpoint, "ok");
            parts.agents.retire(task_name_of(removed->checkpoint));
            continue;
        }
        if (removed.error().code != ErrorCode::not_found) status = 500;
        fails.emplace_back(json::Object{{"functionName", name}, {"err", removed.error().message}});
    }
    if (fails.empty()) co_return respond(json::Value(json::Object{{"status", "success"}}));
    json::Object body{{"status", "fail"}, {"fails", std::move(fails)}};
    co_return http::json_response(status, json::dump(std::move(body)));
}

awaitable<http::Response> restart(Parts& parts, http::Request request) {
    parts.agents.restart();
    co_await parts.access.record(request, "agents.restart", "", "ok");
    co_return respond(json::Value(json::Object{{"message", "success"}}));
}

}  // namespace

void add_function_routes(http::Router& router, Parts& parts) {
    const auto list = http::immediate(
        [&parts](const http::Request& request) { return list_functions(parts, request); });
    router.add("GET", "/list/sdapi/functions", list);
    // As that API's articles spell it.
    router.add("GET", "/list/sdapi/fucntions", list);
    router.add("POST", "/batch_update_sd_resource", [&parts](http::Request request) {
        return update_functions(parts, std::move(request));
    });
    router.add("POST", "/del/sd/functions", [&parts](http::Request request) {
        return delete_functions(parts, std::move(request));
    });
    router.add("POST", "/restart", [&parts](http::Request request) {
        return restart(parts, std::move(request));
    });
}

}  // namespace darkroom::gateway
