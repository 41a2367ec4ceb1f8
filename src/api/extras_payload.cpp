// SPDX-License-Identifier: Apache-2.0
#include "api/extras_payload.h"

#include <algorithm>
#include <cmath>

#include "api/json_members.h"
#include "api/kept_answer.h"
#include "json/json.h"

namespace darkroom::api {
namespace {

template <class Visitor, class Extras>
void visit_extras(Visitor& visitor, Extras& extras) {
    visitor.member("images", extras.images);
    visitor.member("upscaler", extras.upscaler);
    visitor.member("second_upscaler", extras.second_upscaler);
    visitor.member("second_visibility", extras.second_visibility);
    visitor.member("to_size", extras.to_size);
    visitor.member("factor", extras.factor);
    visitor.member("width", extras.width);
    visitor.member("height", extras.height);
    visitor.member("crop", extras.crop);
    visitor.member("description", extras.description);
}

Result<void> check(const domain::Extras& extras) {
    const auto refuse = [](const char* field) {
        return Error{ErrorCode::invalid_argument, "bad value in the payload of extras", field};
    };
    const auto exists = [](const std::string& name) {
        return std::ranges::find(domain::kUpscalers, name) != domain::kUpscalers.end();
    };
    if (!exists(extras.upscaler)) return refuse("upscaler");
    if (!exists(extras.second_upscaler)) return refuse("second_upscaler");
    if (!(extras.second_visibility >= 0.0 && extras.second_visibility <= 1.0)) {
        return refuse("second_visibility");
    }
    if (!(extras.factor > 0.0 && std::isfinite(extras.factor))) return refuse("factor");
    if (extras.width < 1) return refuse("width");
    if (extras.height < 1) return refuse("height");
    return {};
}

}  // namespace

std::string encode_extras(const domain::Extras& extras) {
    MemberWriter writer;
    visit_extras(writer, extras);
    return json::dump(writer.take());
}

Result<domain::Extras> decode_extras(std::string_view text) {
    DARKROOM_TRY_ASSIGN(json::Value value, json::parse(text));
    if (!value.is_object()) {
        return Error{ErrorCode::invalid_argument, "task payload is not a JSON object"};
    }
    value.as_object().erase(kAskedMember);
    MemberReader reader(value.as_object());
    domain::Extras extras;
    visit_extras(reader, extras);
    DARKROOM_TRY(reader.finish());
    DARKROOM_TRY(check(extras));
    return extras;
}

}  // namespace darkroom::api
