// SPDX-License-Identifier: Apache-2.0
#include "api/input_keys.h"

#include "api/extras_payload.h"
#include "api/task_payload.h"
#include "domain/task.h"

namespace darkroom::api {

Result<std::vector<std::string>> input_keys(std::string_view kind, std::string_view request) {
    std::vector<std::string> keys;
    if (kind == domain::kTxt2imgKind) return keys;
    if (kind == domain::kExtrasKind) {
        DARKROOM_TRY_ASSIGN(domain::Extras extras, decode_extras(request));
        return std::move(extras.images);
    }
    DARKROOM_TRY_ASSIGN(domain::Generation generation, decode_generation(request));
    if (!generation.init) return keys;
    keys = std::move(generation.init->pictures);
    if (!generation.init->mask.empty()) keys.push_back(std::move(generation.init->mask));
    return keys;
}

}  // namespace darkroom::api
