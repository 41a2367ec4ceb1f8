// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "api/options.h"
#include "api/refusal.h"
#include "domain/model.h"
#include "json/json.h"

/// Bodies of /options of the serverless API (serverless-sd-api.md 2.8).
namespace darkroom::api {

struct OptionsOrder {
    json::Object data;
    /// Keeps what `data` does not name; without it, `data` is all that is changed from the
    /// defaults.
    bool merges = false;
    /// The version that the change is meant for.
    std::optional<std::int64_t> version = {};
};

/// {"data": {...}, "merge"?: bool, "version"?: integer}. Refuses with 400 what is no JSON object or
/// has no data, with 422 other members and types.
Outcome<OptionsOrder> parse_options_order(std::string_view body);

/// What the options are then: all of it or nothing. Refuses with 422 and the option's name.
Outcome<Options> apply(
    const OptionsOrder& order,
    const Options& before,
    std::span<const domain::ModelDescription> models);

/// {"data": {what is changed from the defaults}, "version"}.
json::Value serverless_options_body(const Options& options, std::int64_t version);

}  // namespace darkroom::api
