// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/generation_limits.h"
#include "api/infotext.h"
#include "api/options.h"
#include "api/task_payload.h"
#include "api/test_surroundings.h"
#include "api/txt2img_response.h"
#include "base/check.h"

namespace {

using namespace darkroom;
using namespace darkroom::api;

void check_refusal(const Refusal& refusal) {
    // 404 is image to image without a picture.
    DARKROOM_CHECK(
        refusal.status == 422 || refusal.status == 500 || refusal.status == 404,
        "refused with {}",
        refusal.status);
    DARKROOM_CHECK(refusal.body.find("detail") != nullptr, "a refusal has a detail");
}

/// Whatever is accepted keeps the limits, survives its payload and can be described.
void check_request(RequestKind kind, std::string_view body, const TestSurroundings& surroundings) {
    const Outcome<PictureRequest> request = parse_request(kind, body);
    if (!request) return check_refusal(request.error());
    DARKROOM_CHECK(
        request->parameters.size() == request_fields(kind).size(), "every field is echoed");
    const auto accepted = to_generation(*request, surroundings.context());
    if (!accepted) return check_refusal(accepted.error());
    const domain::Generation& generation = accepted->generation;
    DARKROOM_CHECK(limit_errors(generation).empty(), "an accepted generation keeps the limits");
    DARKROOM_CHECK(generation.width % 8 == 0 && generation.height % 8 == 0, "sizes are floored");
    const std::string payload = encode_generation(generation);
    const auto decoded = decode_generation(payload);
    DARKROOM_CHECK(decoded.has_value(), "a payload decodes");
    DARKROOM_CHECK(encode_generation(*decoded) == payload, "a payload round-trips");

    GenerationReport report;
    report.context = make_infotext_context(
        generation, surroundings.models.front(), surroundings.catalog, "darkroom");
    report.infotexts = {make_infotext(generation, 0, report.context)};
    const auto response =
        json::parse(txt2img_response({}, *request, make_info(generation, report)));
    DARKROOM_CHECK(response.has_value(), "a response is JSON");
    DARKROOM_CHECK(
        json::parse((*response)["info"].as_string()).has_value(), "the info text is JSON");
}

void check_options(std::string_view body, const TestSurroundings& surroundings) {
    const Outcome<json::Object> changes = parse_body(body);
    if (!changes) return check_refusal(changes.error());
    const auto options = Options().with_changes(*changes, surroundings.models);
    if (!options) return check_refusal(options.error());
    const auto stored = Options::from_json(json::dump(options->changes()));
    DARKROOM_CHECK(stored.has_value(), "stored options are read");
    DARKROOM_CHECK(
        json::dump(stored->changes()) == json::dump(options->changes()),
        "stored options round-trip");
    const json::Value whole = options_body(*options, surroundings.models);
    DARKROOM_CHECK(
        options->with_changes(whole.as_object(), surroundings.models).has_value(),
        "the whole body can be posted back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const TestSurroundings kSurroundings;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_request(RequestKind::txt2img, text, kSurroundings);
    check_request(RequestKind::img2img, text, kSurroundings);
    check_options(text, kSurroundings);
    const auto generation = decode_generation(text);
    if (generation) {
        DARKROOM_CHECK(limit_errors(*generation).empty(), "a decoded generation keeps the limits");
    }
    const auto result = decode_result(text);
    if (result) {
        DARKROOM_CHECK(decode_result(encode_result(*result)).has_value(), "a result round-trips");
    }
    return 0;
}
