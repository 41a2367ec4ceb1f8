// SPDX-License-Identifier: Apache-2.0
// Model files: list, register, replace, delete; and their pictures.

#include <algorithm>

#include "api/model_requests.h"
#include "api/serverless_models.h"
#include "api/serverless_request.h"
#include "base/file.h"
#include "base/format.h"
#include "control/model_registry.h"
#include "gateway/caller.h"
#include "gateway/routes.h"
#include "gateway/task_views.h"

namespace darkroom::gateway {
namespace {

using boost::asio::awaitable;
using control::ModelSelection;
using control::OrderAnswer;
using domain::ModelFile;
using domain::ModelStatus;
using runtime::Deadline;

constexpr int kUnprocessable = 422;
constexpr int kInsufficientStorage = 507;
constexpr std::size_t kMaxThumbnail = std::size_t{16} << 20;
/// How long an answer waits for a registration; a longer one goes on by itself.
constexpr auto kPatience = std::chrono::seconds(20);

http::Response message(std::string text) {
    return respond(json::Value(json::Object{{"message", std::move(text)}}));
}

http::Response refuse(const Error& error) {
    return respond(model_refusal(error));
}

std::string thumbnail_target(const ModelFile& file) {
    if (file.thumbnail.empty()) return {};
    std::string path;
    for (std::size_t begin = 0; begin <= file.name.size();) {
        const std::size_t end = std::min(file.name.find('/', begin), file.name.size());
        path += '/' + http::percent_encode(std::string_view(file.name).substr(begin, end - begin));
        begin = end + 1;
    }
    return format("/thumbnails{}?type={}", path, domain::to_string(file.type));
}

json::Array bodies_of(const std::vector<ModelFile>& files) {
    json::Array body;
    for (const ModelFile& file : files)
        body.emplace_back(api::serverless_model_body(file, thumbnail_target(file)));
    return body;
}

/// The `type` of a query; 422 for a word that is none.
api::Outcome<std::optional<domain::ModelType>> wanted_type(const http::Request& request) {
    const std::string* word = request.location.query.find("type");
    if (word == nullptr) return std::optional<domain::ModelType>();
    const auto type = domain::model_type_from(*word);
    if (type) return type;
    return api::message_refusal(kUnprocessable, "type: no such type of model");
}

api::Outcome<ModelSelection> selection_of(const http::Request& request) {
    DARKROOM_TRY_ASSIGN(const auto type, wanted_type(request));
    return ModelSelection{std::string(request.parameters.get("name")), type};
}

awaitable<http::Response> list_models(Parts& parts, http::Request request) {
    const auto type = wanted_type(request);
    if (!type) co_return respond(type.error());
    const std::string status(request.location.query.get("status"));
    using Files = std::vector<ModelFile>;
    std::function<Result<Files>()> work = [&parts]() -> Result<Files> {
        DARKROOM_TRY(parts.models.scan());
        return parts.registry.list();
    };
    Result<Files> files = co_await parts.blocking.run<Files>(std::move(work), Deadline::never());
    if (!files) co_return respond(message_from(files.error()));
    std::erase_if(*files, [&](const ModelFile& file) {
        const bool is_wanted = status.empty() ? file.status != ModelStatus::deleted
                                              : domain::to_string(file.status) == status;
        return !is_wanted || (*type && file.type != **type);
    });
    co_return respond(json::Value(bodies_of(*files)));
}

http::Response show_model(Parts& parts, const http::Request& request) {
    const auto selection = selection_of(request);
    if (!selection) return respond(selection.error());
    const std::vector<ModelFile> files = parts.registry.find(*selection);
    if (!files.empty()) return respond(json::Value(bodies_of(files)));
    // A checkpoint has further names.
    const std::vector<domain::ModelDescription> models = parts.models.models();
    const auto model = api::serverless_model(models, selection->name);
    if (!model) return respond(api::message_refusal(404, "not found"));
    const std::vector<ModelFile> named =
        parts.registry.find({(*model)->relative_name, domain::ModelType::stable_diffusion});
    return respond(json::Value(bodies_of(named)));
}

using Begin = Result<OrderAnswer> (control::ModelRegistry::*)(control::ModelOrder);

runtime::Task<OrderAnswer> place_order(Parts& parts, Begin begin, control::ModelOrder order) {
    std::function<Result<OrderAnswer>()> work = [&parts, begin, order = std::move(order)] {
        return (parts.registry.*begin)(order);
    };
    Result<OrderAnswer> answer =
        co_await parts.blocking.run<OrderAnswer>(std::move(work), Deadline::never());
    co_return answer;
}

/// The end of a registration, or the news that it goes on.
awaitable<http::Response> await_registration(
    std::shared_ptr<control::Registration> registration, std::string success) {
    const Deadline deadline = Deadline::after(kPatience);
    const Result<void> waited = co_await registration->ended().wait(0, deadline);
    json::Object body{{"message", std::move(success)}};
    const std::optional<Result<void>> outcome = registration->outcome();
    if (waited && outcome && !outcome->has_value()) co_return refuse(outcome->error());
    body.set("status", domain::to_string(outcome ? ModelStatus::loaded : ModelStatus::registering));
    co_return respond(json::Value(std::move(body)));
}

/// For the audit log: "lora sub/style.safetensors".
std::string subject_of(std::optional<domain::ModelType> type, const std::string& name) {
    return type ? format("{} {}", domain::to_string(*type), name) : name;
}

template <class T>
std::string outcome_of(const Result<T>& result) {
    return result ? "ok" : result.error().message;
}

control::ModelOrder order_of(const http::Request& request, api::ModelRequest wanted) {
    control::ModelOrder order;
    order.tenant = caller_of(request).tenant;
    order.type = wanted.type.value_or(domain::ModelType::stable_diffusion);
    order.name = std::move(wanted.name);
    order.etag = std::move(wanted.etag);
    order.source = std::move(wanted.source);
    order.note = std::move(wanted.note);
    return order;
}

awaitable<http::Response> register_model(Parts& parts, http::Request request) {
    auto wanted = api::parse_model_request(request.body);
    if (!wanted) co_return respond(wanted.error());
    if (!wanted->type) {
        co_return respond(api::message_refusal(kUnprocessable, "type: must be there"));
    }
    const Result<std::string> name = domain::check_model_name(wanted->name);
    if (!name) co_return refuse(name.error());
    control::ModelOrder order = order_of(request, *std::move(wanted));
    std::string subject = subject_of(order.type, order.name);
    Result<OrderAnswer> answer =
        co_await place_order(parts, &control::ModelRegistry::add, std::move(order));
    std::string outcome = outcome_of(answer);
    co_await parts.access.record(request, "model.register", std::move(subject), std::move(outcome));
    if (!answer) co_return refuse(answer.error());
    if (answer->kind == OrderAnswer::Kind::unchanged) co_return message("models existed");
    std::string success = "register success";
    http::Response response =
        co_await await_registration(std::move(answer->registration), std::move(success));
    co_return response;
}

/// The one file that a PUT is meant for.
api::Outcome<ModelFile> file_to_change(
    Parts& parts, const http::Request& request, const api::ModelRequest& wanted) {
    DARKROOM_TRY_ASSIGN(ModelSelection selection, selection_of(request));
    if (!selection.type) selection.type = wanted.type;
    if (!wanted.name.empty() && wanted.name != selection.name) {
        return api::message_refusal(kUnprocessable, "name: not the one in the path");
    }
    std::vector<ModelFile> files = parts.registry.find(selection);
    if (files.empty()) {
        return api::message_refusal(404, "model not register, please register first");
    }
    if (files.size() > 1) {
        return api::message_refusal(409, "several files have this name; say which with ?type=");
    }
    return std::move(files.front());
}

awaitable<http::Response> update_model(Parts& parts, http::Request request) {
    auto wanted = api::parse_model_request(request.body);
    if (!wanted) co_return respond(wanted.error());
    const auto file = file_to_change(parts, request, *wanted);
    if (!file) co_return respond(file.error());
    control::ModelOrder order = order_of(request, *std::move(wanted));
    order.type = file->type;
    order.name = file->name;
    std::string subject = subject_of(order.type, order.name);
    Result<OrderAnswer> answer =
        co_await place_order(parts, &control::ModelRegistry::change, std::move(order));
    std::string outcome = outcome_of(answer);
    co_await parts.access.record(request, "model.change", std::move(subject), std::move(outcome));
    if (!answer && answer.error().code == ErrorCode::not_found && answer.error().field.empty()) {
        co_return respond(message_from(answer.error()));
    }
    if (!answer) co_return refuse(answer.error());
    if (answer->kind == OrderAnswer::Kind::unchanged) {
        co_return message("models existed and not change");
    }
    if (answer->kind == OrderAnswer::Kind::changed) co_return message("success");
    std::string success = "success";
    http::Response response =
        co_await await_registration(std::move(answer->registration), std::move(success));
    co_return response;
}

awaitable<http::Response> delete_model(Parts& parts, http::Request request) {
    auto selection = selection_of(request);
    if (!selection) co_return respond(selection.error());
    std::string subject = subject_of(selection->type, selection->name);
    std::function<Result<bool>()> work = [&parts,
                                          wanted = *std::move(selection)]() -> Result<bool> {
        DARKROOM_TRY(parts.registry.remove(wanted));
        return true;
    };
    const Result<bool> removed =
        co_await parts.blocking.run<bool>(std::move(work), Deadline::never());
    std::string outcome = outcome_of(removed);
    // A name that is not there may be anything.
    if (removed || removed.error().code == ErrorCode::conflict) {
        co_await parts.access.record(
            request, "model.delete", std::move(subject), std::move(outcome));
    }
    if (!removed) co_return respond(message_from(removed.error()));
    co_return message("delete success");
}

/// Empty for what is no picture.
std::string_view media_type_of(std::string_view file) {
    if (file.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
    if (file.starts_with("\xff\xd8\xff")) return "image/jpeg";
    const bool is_riff = file.starts_with("RIFF") && file.size() > 12;
    if (is_riff && file.substr(8, 4) == "WEBP") return "image/webp";
    return {};
}

awaitable<http::Response> show_thumbnail(Parts& parts, http::Request request) {
    const auto selection = selection_of(request);
    if (!selection) co_return respond(selection.error());
    const std::vector<ModelFile> files = parts.registry.find(*selection);
    const auto found =
        std::ranges::find_if(files, [](const ModelFile& file) { return !file.thumbnail.empty(); });
    if (found == files.end()) co_return respond(api::message_refusal(404, "not found"));
    std::function<Result<std::string>()> work = [path = found->thumbnail] {
        return read_file(path, kMaxThumbnail);
    };
    Result<std::string> file =
        co_await parts.blocking.run<std::string>(std::move(work), Deadline::never());
    const std::string_view type = file ? media_type_of(*file) : std::string_view();
    if (type.empty()) co_return respond(api::message_refusal(404, "not found"));
    http::Response response;
    response.headers.set("Content-Type", type);
    response.headers.set("Cache-Control", "private, max-age=3600");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.body = *std::move(file);
    co_return response;
}

}  // namespace

api::Refusal model_refusal(const Error& error) {
    int status = http_status(error.code);
    if (error.code == ErrorCode::resource_exhausted) status = kInsufficientStorage;
    const bool is_clients_word = !error.field.empty() && error.code != ErrorCode::conflict &&
                                 error.code != ErrorCode::payload_too_large &&
                                 error.code != ErrorCode::resource_exhausted;
    const bool is_bad_file =
        error.code == ErrorCode::unimplemented || error.code == ErrorCode::not_found;
    if (is_clients_word || is_bad_file) status = kUnprocessable;
    return api::message_refusal(status, error.message);
}

void add_model_routes(http::Router& router, Parts& parts) {
    const auto add = [&](const char* method, const char* pattern, auto handler) {
        router.add(method, pattern, [&parts, handler](http::Request request) {
            return handler(parts, std::move(request));
        });
    };
    add("GET", "/models", list_models);
    add("POST", "/models", register_model);
    add("PUT", "/models/{name...}", update_model);
    add("DELETE", "/models/{name...}", delete_model);
    add("GET", "/thumbnails/{name...}", show_thumbnail);
    router.add("GET", "/models/{name...}", http::immediate([&parts](const http::Request& request) {
                   return show_model(parts, request);
               }));
}

}  // namespace darkroom::gateway
