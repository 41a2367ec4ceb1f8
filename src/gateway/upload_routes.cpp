// SPDX-License-Identifier: Apache-2.0
// Uploads of model files and pictures, in pieces that a broken connection does not undo.

#include "api/json_members.h"
#include "api/model_requests.h"
#include "base/format.h"
#include "control/upload_folder.h"
#include "gateway/caller.h"
#include "gateway/content_range.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using control::UploadStatus;
using runtime::Deadline;

constexpr int kCreated = 201;
constexpr std::int64_t kMsPerSecond = 1000;

http::Response answer(int status, const UploadStatus& upload) {
    http::Response response = http::json_response(
        status,
        json::dump(json::Object{
            {"id", upload.id},
            {"type", upload.plan.type ? domain::to_string(*upload.plan.type) : "image"},
            {"name", upload.plan.name},
            {"size", upload.plan.size_bytes},
            {"received", upload.received_bytes},
            {"complete", upload.is_complete()},
            {"sha256", api::text_or_null(upload.sha256)},
            {"expires", std::to_string(upload.expires_ms / kMsPerSecond)}}));
    response.headers.set("Upload-Offset", std::to_string(upload.received_bytes));
    response.headers.set("Upload-Length", std::to_string(upload.plan.size_bytes));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

control::UploadName upload_name(const http::Request& request) {
    return {caller_of(request).tenant, std::string(request.parameters.get("id"))};
}

/// An upload that is not there is the path's fault here, not the body's.
http::Response refuse(const Error& error) {
    if (error.code == ErrorCode::not_found) return respond(message_from(error));
    return respond(model_refusal(error));
}

/// Model files are for those who may change models, pictures for those who may draw.
Result<void> check_scope(const Caller& caller, const control::UploadPlan& plan) {
    const domain::Scope needed = plan.type ? domain::Scope::models : domain::Scope::generate;
    if (caller.scopes.allow(needed)) return {};
    return Error{
        ErrorCode::permission_denied, format("the scope {} is missing", domain::to_string(needed))};
}

/// The same of an upload that is there. Fails with not_found, too.
Result<void> check_upload(Parts& parts, const Caller& caller, const control::UploadName& name) {
    DARKROOM_TRY_ASSIGN(const UploadStatus upload, parts.uploads.find(name));
    return check_scope(caller, upload.plan);
}

awaitable<http::Response> begin_upload(Parts& parts, http::Request request) {
    const auto wanted = api::parse_upload_request(request.body);
    if (!wanted) co_return respond(wanted.error());
    control::UploadPlan plan;
    plan.tenant = caller_of(request).tenant;
    plan.type = wanted->type;
    const Result<void> allowed = check_scope(caller_of(request), plan);
    if (!allowed) co_return refuse(allowed.error());
    if (plan.type) {
        const Result<std::string> name = domain::check_model_name(wanted->name);
        if (!name) co_return refuse(name.error());
        plan.name = *name;
    }
    plan.size_bytes = wanted->size_bytes;
    plan.sha256 = wanted->sha256;
    std::function<Result<UploadStatus>()> work = [&parts, plan = std::move(plan)] {
        return parts.uploads.begin(plan);
    };
    const Result<UploadStatus> upload =
        co_await parts.blocking.run<UploadStatus>(std::move(work), Deadline::never());
    if (!upload) co_return refuse(upload.error());
    http::Response response = answer(kCreated, *upload);
    response.headers.set("Location", "/uploads/" + upload->id);
    co_return response;
}

awaitable<http::Response> add_piece(Parts& parts, http::Request request) {
    const auto range =
        parse_content_range(request.headers.get("Content-Range"), request.body.size());
    if (!range) co_return refuse(range.error());
    const control::UploadName name = upload_name(request);
    const Caller caller = caller_of(request);
    const auto body = std::make_shared<std::string>(std::move(request.body));
    std::function<Result<UploadStatus>()> work =
        [&parts, name, caller, body, range = *range]() -> Result<UploadStatus> {
        DARKROOM_TRY(check_upload(parts, caller, name));
        return parts.uploads.append(name, {range.begin, range.total, *body});
    };
    const Result<UploadStatus> upload =
        co_await parts.blocking.run<UploadStatus>(std::move(work), Deadline::never());
    if (!upload) co_return refuse(upload.error());
    co_return answer(200, *upload);
}

http::Response show_upload(Parts& parts, const http::Request& request) {
    const Result<UploadStatus> upload = parts.uploads.find(upload_name(request));
    if (!upload) return refuse(upload.error());
    const Result<void> allowed = check_scope(caller_of(request), upload->plan);
    if (!allowed) return refuse(allowed.error());
    return answer(200, *upload);
}

awaitable<http::Response> abandon_upload(Parts& parts, http::Request request) {
    const Caller caller = caller_of(request);
    std::function<Result<bool>()> work =
        [&parts, caller, name = upload_name(request)]() -> Result<bool> {
        DARKROOM_TRY(check_upload(parts, caller, name));
        DARKROOM_TRY(parts.uploads.abandon(name));
        return true;
    };
    const Result<bool> done = co_await parts.blocking.run<bool>(std::move(work), Deadline::never());
    if (!done) co_return refuse(done.error());
    co_return respond(json::Value(json::Object{{"message", "success"}}));
}

}  // namespace

void add_upload_routes(http::Router& router, Parts& parts) {
    const auto add = [&](const char* method, const char* pattern, auto handler) {
        router.add(method, pattern, [&parts, handler](http::Request request) {
            return handler(parts, std::move(request));
        });
    };
    add("POST", "/uploads", begin_upload);
    add("PUT", "/uploads/{id}", add_piece);
    add("DELETE", "/uploads/{id}", abandon_upload);
    for (const char* method : {"GET", "HEAD"}) {
        router.add(method, "/uploads/{id}", http::immediate([&parts](const http::Request& request) {
                       return show_upload(parts, request);
                   }));
    }
}

}  // namespace darkroom::gateway
