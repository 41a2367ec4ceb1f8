// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_options.h"

#include <algorithm>

#include "api/serverless_request.h"

namespace darkroom::api {
namespace {

constexpr int kBadRequest = 400;
constexpr int kUnprocessable = 422;
constexpr std::string_view kCheckpoint = "sd_model_checkpoint";

bool is_option(std::string_view name) {
    return name == kCheckpoint ||
           std::ranges::find(option_table(), name, &OptionDescription::name) !=
               option_table().end();
}

}  // namespace

Outcome<OptionsOrder> parse_options_order(std::string_view body) {
    const Result<json::Value> parsed = json::parse(body);
    if (!parsed || !parsed->is_object()) {
        return message_refusal(kBadRequest, "the body must be a JSON object");
    }
    OptionsOrder order;
    bool has_data = false;
    for (const auto& [name, value] : parsed->as_object()) {
        if (name == "data" && value.is_object()) {
            order.data = value.as_object();
            has_data = true;
        } else if (name == "data") {
            return message_refusal(kBadRequest, "data: must be an object of options");
        } else if (name == "merge" && value.is_bool()) {
            order.merges = value.as_bool();
        } else if (name == "version" && value.is_integer()) {
            order.version = value.as_integer();
        } else {
            return message_refusal(
                kUnprocessable,
                name + ": data, merge (true or false) and version (integer) are known");
        }
    }
    if (!has_data) return message_refusal(kBadRequest, "data: the options are missing");
    return order;
}

Outcome<Options> apply(
    const OptionsOrder& order,
    const Options& before,
    std::span<const domain::ModelDescription> models) {
    for (const auto& [name, value] : order.data) {
        if (!is_option(name)) return message_refusal(kUnprocessable, name + ": no such option");
    }
    Outcome<Options> changed = (order.merges ? before : Options()).with_changes(order.data, models);
    if (!changed) return as_message(changed.error());
    return changed;
}

json::Value serverless_options_body(const Options& options, std::int64_t version) {
    return json::Object{{"data", options.changes()}, {"version", version}};
}

}  // namespace darkroom::api
