// SPDX-License-Identifier: Apache-2.0
#include "api/listings.h"

#include <string>
#include <vector>

#include "api/json_members.h"

namespace darkroom::api {
namespace {

json::Array texts(const std::vector<std::string>& list) {
    return json::Array(list.begin(), list.end());
}

}  // namespace

json::Value samplers_body(const domain::SamplingCatalog& catalog) {
    json::Array body;
    for (const domain::SamplerDescription& sampler : catalog.samplers) {
        json::Object options;
        for (const auto& [key, value] : sampler.options)
            options.set(key, value);
        body.emplace_back(json::Object{
            {"name", sampler.name},
            {"aliases", texts(sampler.aliases)},
            {"options", std::move(options)}});
    }
    return body;
}

json::Value schedulers_body(const domain::SamplingCatalog& catalog) {
    json::Array body;
    for (const domain::ScheduleDescription& schedule : catalog.schedules) {
        const json::Value aliases =
            schedule.aliases.empty() ? json::Value() : json::Value(texts(schedule.aliases));
        body.emplace_back(json::Object{
            {"name", schedule.name},
            {"label", schedule.label},
            {"aliases", aliases},
            {"default_rho", schedule.default_rho},
            {"need_inner_model", schedule.need_inner_model}});
    }
    return body;
}

json::Value models_body(std::span<const domain::ModelDescription> models) {
    json::Array body;
    for (const domain::ModelDescription& model : models) {
        body.emplace_back(json::Object{
            {"title", model.title},
            {"model_name", model.model_name},
            {"hash", text_or_null(model.hash10)},
            {"sha256", text_or_null(model.sha256)},
            {"filename", model.filename},
            {"config", nullptr},
            // Ours, beyond A1111's: what a client needs to choose a size.
            {"family", text_or_null(model.family)},
            {"native_size", model.native_size > 0 ? json::Value(model.native_size) : nullptr}});
    }
    return body;
}

}  // namespace darkroom::api
