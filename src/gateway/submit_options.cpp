// SPDX-License-Identifier: Apache-2.0
#include "gateway/submit_options.h"

#include <utility>

#include "api/idempotency_key.h"
#include "scheduling/cost_model.h"

namespace darkroom::gateway {

Result<std::string> submit_name(const http::Request& request, std::string name) {
    if (request.headers.count(api::kIdempotencyKey) > 1) {
        return Error{
            ErrorCode::invalid_argument,
            "Idempotency-Key may be given only once",
            api::kIdempotencyKey};
    }
    DARKROOM_TRY_ASSIGN(
        std::string key, api::parse_idempotency_key(request.headers.get(api::kIdempotencyKey)));
    return api::one_task_name(std::move(key), std::move(name));
}

Error submit_error(const http::Request& request, const Error& error) {
    const bool is_reused = error.code == ErrorCode::conflict && error.field == "idempotency_key";
    if (!is_reused || request.headers.count(api::kIdempotencyKey) == 0) return error;
    return Error{
        ErrorCode::invalid_argument,
        "the Idempotency-Key was used before for a different request",
        api::kIdempotencyKey};
}

Result<bool> wants_dry_run(const http::Request& request) {
    const std::string* word = request.location.query.find("dry_run");
    if (word == nullptr || *word == "false") return false;
    if (*word == "true") return true;
    return Error{ErrorCode::invalid_argument, "dry_run is true or false", "dry_run"};
}

boost::asio::awaitable<api::Outcome<json::Object>> dry_run(
    Parts& parts, domain::Generation generation) {
    const domain::Generation wanted = std::move(generation);
    std::function<Result<api::PromptTokens>()> work = [&parts, wanted] {
        return parts.count_tokens(wanted);
    };
    const Result<api::PromptTokens> tokens =
        co_await parts.blocking.run<api::PromptTokens>(std::move(work), runtime::Deadline::never());
    if (!tokens) co_return api::refusal_from(tokens.error());
    const scheduling::CostModel costs(parts.dispatcher.scheduler().costs());
    const double predicted_s = costs.predict(scheduling::work_of(wanted));
    co_return api::dry_run_body(wanted, *tokens, predicted_s);
}

}  // namespace darkroom::gateway
