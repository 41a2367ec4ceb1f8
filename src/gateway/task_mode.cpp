// SPDX-License-Identifier: Apache-2.0
#include "gateway/task_mode.h"

#include <utility>

#include "api/extras_payload.h"
#include "api/idempotency_key.h"
#include "api/kept_answer.h"
#include "api/serverless_request.h"
#include "api/serverless_task.h"
#include "api/task_payload.h"
#include "api/txt2img_response.h"
#include "base/format.h"
#include "base/sha256.h"
#include "control/store_call.h"
#include "gateway/caller.h"
#include "gateway/generation.h"
#include "gateway/routes.h"
#include "gateway/submit_options.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using storage::TaskStore;

constexpr int kOk = 200;
/// The longest answer of a call that is kept.
constexpr std::size_t kMostKeptBytes = std::size_t{256} << 10;

bool says(const http::Request& request, std::string_view header, std::string_view word) {
    return http::equal_ignoring_case(request.headers.get(header), word);
}

Result<json::Value> kept_extras(const domain::Task& task, std::vector<std::string> keys) {
    DARKROOM_TRY_ASSIGN(const domain::Extras extras, api::decode_extras(task.request));
    const auto asked = api::asked_in(task.request);
    const std::string route = asked ? asked->route : api::kExtraSingleRoute;
    return json::Value(api::extras_answer(route, extras, std::move(keys)));
}

Result<json::Value> kept_drawing(
    const Parts& parts, const domain::Task& task, std::vector<std::string> keys) {
    DARKROOM_TRY_ASSIGN(const domain::Generation generation, api::decode_generation(task.request));
    auto asked = api::asked_in(task.request);
    api::PictureRequest request{
        asked ? std::move(asked->parameters) : api::generation_parameters(generation)};
    DARKROOM_TRY_ASSIGN(
        std::string info, info_of(parts, task, request.number("denoising_strength")));
    return json::Value(api::txt2img_answer(std::move(keys), request, std::move(info)));
}

/// A ticket is a secret, and another one each time.
std::string target_without_ticket(const http::Target& target) {
    std::string text = target.raw_path;
    for (const auto& [name, value] : target.query) {
        if (name == "ticket") continue;
        text += format(
            "{}{}={}",
            text.size() == target.raw_path.size() ? '?' : '&',
            http::percent_encode(name),
            http::percent_encode(value));
    }
    return text;
}

/// The task that would keep a call's answer.
domain::NewTask task_of_call(const http::Request& request, const std::string& name) {
    const Caller caller = caller_of(request);
    domain::NewTask call;
    call.tenant = caller.tenant;
    call.trace = caller.trace;
    call.kind = domain::kCallKind;
    const std::string line = request.method + " " + target_without_ticket(request.location);
    call.request = json::dump(json::Object{{"call", line}});
    call.body_hash = sha256_hex(line + "\n" + request.body);
    call.idempotency_key = name;
    return call;
}

/// The call that was made under that name before.
runtime::Task<std::optional<domain::Task>> earlier_call(Parts& parts, const domain::NewTask& call) {
    using Found = std::optional<domain::Task>;
    if (call.idempotency_key.empty()) co_return Found();
    storage::TaskName name{call.tenant, call.idempotency_key};
    Result<domain::Task> found =
        co_await control::store_call(parts.dispatcher.store(), &TaskStore::find, std::move(name));
    if (!found && found.error().code == ErrorCode::not_found) co_return Found();
    if (!found) co_return found.error();
    if (found->kind != call.kind || found->body_hash != call.body_hash) {
        co_return storage::idempotency_key_reused();
    }
    co_return Found(*std::move(found));
}

/// Holds the name of a call while that is answered: of two at once under one name, only one may
/// have an effect.
class CallUnderWay {
  public:
    CallUnderWay(const Parts& parts, const domain::NewTask& call)
        : calls_(parts.calls), name_{call.tenant, call.idempotency_key} {
        is_alone_ = name_.second.empty() || calls_->lock()->insert(name_).second;
    }
    ~CallUnderWay() {
        if (is_alone_) calls_->lock()->erase(name_);
    }
    CallUnderWay(const CallUnderWay&) = delete;
    CallUnderWay& operator=(const CallUnderWay&) = delete;

    [[nodiscard]] bool is_alone() const { return is_alone_; }

  private:
    std::shared_ptr<CallNames> calls_;
    std::pair<std::string, std::string> name_;
    bool is_alone_ = false;
};

http::Response answer_of_call(const TaskMode& mode, const domain::Task& task) {
    http::Response response =
        mode.is_async ? respond(json::Value(json::Object{
                            {"taskId", api::task_name(task)},
                            // What the reference says to every call that it takes for later.
                            {"status", api::serverless_status(domain::TaskState::queued)}}))
                      : respond(api::decode_call_result(task.result));
    name_task(response, task);
    return response;
}

http::Response too_many_calls(std::int64_t wait_s) {
    http::Response response = respond(api::refusal_from(Error{
        ErrorCode::resource_exhausted,
        "too many calls of this tenant are kept as tasks; at most one per second"}));
    response.headers.set("Retry-After", std::to_string(wait_s));
    return response;
}

Error answer_too_long() {
    return Error{
        ErrorCode::payload_too_large,
        format(
            "the answer is too long to be kept as a task; at most so many bytes: {}",
            kMostKeptBytes)};
}

awaitable<http::Response> keep_answer(Parts& parts, http::Handler handler, http::Request request) {
    const Result<TaskMode> mode = task_mode_of(request);
    if (!mode) co_return respond(api::refusal_from(mode.error()));
    domain::NewTask call = task_of_call(request, mode->name);
    const CallUnderWay under_way(parts, call);
    if (!under_way.is_alone()) {
        co_return respond(api::refusal_from(Error{
            ErrorCode::conflict, "a call of that name is being answered; ask again", "taskId"}));
    }
    const Result<std::optional<domain::Task>> earlier = co_await earlier_call(parts, call);
    if (!earlier) {
        co_return respond(api::refusal_from(submit_error(request, earlier.error())));
    }
    if (*earlier) co_return answer_of_call(*mode, **earlier);
    const std::int64_t wait_s = parts.access.quota_gate().count_kept_call(call.tenant);
    if (wait_s > 0) co_return too_many_calls(wait_s);
    http::Request asked = request;
    http::Response response = co_await handler(std::move(asked));
    if (response.status != kOk) co_return response;
    if (response.body.size() > kMostKeptBytes) {
        co_return respond(api::refusal_from(answer_too_long()));
    }
    const auto body = json::parse(response.body);
    if (!body) co_return respond(api::refusal_from(body.error()));
    call.result = api::encode_call_result(*body);
    const Result<storage::Submitted> kept =
        co_await control::store_call(parts.dispatcher.store(), &TaskStore::submit, std::move(call));
    if (!kept) co_return respond(api::refusal_from(submit_error(request, kept.error())));
    co_return answer_of_call(*mode, kept->task);
}

awaitable<http::Response> answer_call(Parts& parts, http::Handler handler, http::Request request) {
    const bool is_kept =
        says(request, "Task-Flag", "true") || says(request, "Request-Type", "async");
    if (is_kept) {
        http::Response kept = co_await keep_answer(parts, std::move(handler), std::move(request));
        co_return kept;
    }
    http::Response response = co_await handler(std::move(request));
    co_return response;
}

}  // namespace

Result<TaskMode> task_mode_of(const http::Request& request, const std::string& name) {
    auto header = api::parse_task_name(request.headers.get("taskId"));
    if (!header) {
        return Error{ErrorCode::invalid_argument, "the taskId header is no name", "taskId"};
    }
    if (!header->empty() && !name.empty() && *header != name) {
        return Error{
            ErrorCode::invalid_argument,
            "the taskId header and force_task_id are not the same",
            "taskId"};
    }
    TaskMode mode;
    DARKROOM_TRY_ASSIGN(mode.name, submit_name(request, header->empty() ? name : *header));
    mode.is_async = says(request, "Request-Type", "async");
    mode.keeps_answer = mode.is_async || says(request, "Task-Flag", "true");
    return mode;
}

http::Response accepted_answer(const Parts& parts, const domain::Task& task) {
    http::Response response =
        respond(json::Value(api::waiting_body(task, standing_of(parts, task.id))));
    name_task(response, task);
    return response;
}

void name_task(http::Response& response, const domain::Task& task) {
    response.headers.set("taskId", api::task_name(task));
}

bool keeps_answer(const domain::Task& task) {
    return task.kind == domain::kCallKind || api::asked_in(task.request).has_value();
}

Result<json::Value> kept_answer(const Parts& parts, const domain::Task& task) {
    if (task.kind == domain::kCallKind) return api::decode_call_result(task.result);
    DARKROOM_TRY_ASSIGN(api::TaskResult result, api::decode_result(task.result));
    if (task.pictures_removed_ms) result.images.clear();
    if (task.kind == domain::kExtrasKind) return kept_extras(task, std::move(result.images));
    return kept_drawing(parts, task, std::move(result.images));
}

http::Response answer_kept(const Parts& parts, const domain::Task& task) {
    const Result<json::Value> kept = kept_answer(parts, task);
    http::Response response = kept ? respond(*kept) : respond(api::refusal_from(kept.error()));
    name_task(response, task);
    return response;
}

http::Handler keeping_answers(Parts& parts, http::Handler handler) {
    return [&parts, handler = std::move(handler)](http::Request request) {
        return answer_call(parts, handler, std::move(request));
    };
}

}  // namespace darkroom::gateway
