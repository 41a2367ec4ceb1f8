// SPDX-License-Identifier: Apache-2.0
#include "api/task_payload.h"

#include "api/generation_limits.h"
#include "api/json_members.h"
#include "api/kept_answer.h"
#include "json/json.h"

namespace darkroom::api {
namespace {

/// The one list of a generation's members, for reading and for writing.
template <class Visitor, class Generation>
void visit_generation(Visitor& visitor, Generation& g) {
    visitor.member("prompt", g.prompt);
    visitor.member("negative_prompt", g.negative_prompt);
    visitor.member("model", g.model);
    visitor.member("width", g.width);
    visitor.member("height", g.height);
    visitor.member("steps", g.steps);
    visitor.member("cfg_scale", g.cfg_scale);
    visitor.member("sampler", g.sampler);
    visitor.member("schedule", g.schedule);
    visitor.member("batch_size", g.batch_size);
    visitor.member("iterations", g.iterations);
    visitor.member("seed", g.seed);
    visitor.member("subseed", g.subseed);
    visitor.member("subseed_strength", g.subseed_strength);
    visitor.member("seed_resize_from_w", g.seed_resize_from_w);
    visitor.member("seed_resize_from_h", g.seed_resize_from_h);
    visitor.member("randn_source", g.randn_source);
    visitor.member("eta_noise_seed_delta", g.eta_noise_seed_delta);
    visitor.member("clip_skip", g.clip_skip);
    visitor.member("emphasis", g.emphasis);
    visitor.member("eta", g.eta);
    visitor.member("s_churn", g.s_churn);
    visitor.member("s_tmin", g.s_tmin);
    visitor.member("s_tmax", g.s_tmax);
    visitor.member("s_noise", g.s_noise);
}

template <class Visitor, class Init>
void visit_init(Visitor& visitor, Init& init) {
    visitor.member("pictures", init.pictures);
    visitor.member("mask", init.mask);
    visitor.member("denoising_strength", init.denoising_strength);
    visitor.member("noise_multiplier", init.noise_multiplier);
    visitor.member("resize_mode", init.resize_mode);
    visitor.member("mask_blur_x", init.mask_blur_x);
    visitor.member("mask_blur_y", init.mask_blur_y);
    visitor.member("mask_rounded", init.is_mask_rounded);
    visitor.member("mask_inverted", init.is_mask_inverted);
    visitor.member("masked_content", init.masked_content);
    visitor.member("only_masked", init.is_only_masked);
    visitor.member("masked_padding", init.masked_padding);
}

template <class Visitor, class Receipt>
void visit_receipt(Visitor& visitor, Receipt& receipt) {
    visitor.member("checkpoint_sha256", receipt.checkpoint_sha256);
    visitor.member("engine", receipt.engine);
    visitor.member("version", receipt.version);
}

template <class Visitor, class Outcome>
void visit_lists(Visitor& visitor, Outcome& result) {
    visitor.member("images", result.images);
    visitor.member("infotexts", result.infotexts);
    visitor.member("all_seeds", result.all_seeds);
    visitor.member("all_subseeds", result.all_subseeds);
    visitor.member("interrupted", result.interrupted);
}

Result<domain::InitImages> read_init(const json::Object& object) {
    MemberReader reader(object);
    domain::InitImages init;
    visit_init(reader, init);
    DARKROOM_TRY(reader.finish());
    return init;
}

Result<json::Object> parse_object(std::string_view text) {
    DARKROOM_TRY_ASSIGN(json::Value value, json::parse(text));
    if (!value.is_object()) {
        return Error{ErrorCode::invalid_argument, "task payload is not a JSON object"};
    }
    return std::move(value.as_object());
}

}  // namespace

std::string encode_generation(const domain::Generation& generation) {
    MemberWriter writer;
    visit_generation(writer, generation);
    if (generation.init) {
        MemberWriter init;
        visit_init(init, *generation.init);
        writer.member("init", init.take());
    }
    return json::dump(writer.take());
}

Result<domain::Generation> decode_generation(std::string_view text) {
    DARKROOM_TRY_ASSIGN(json::Object object, parse_object(text));
    object.erase(kAskedMember);
    MemberReader reader(object);
    domain::Generation generation;
    visit_generation(reader, generation);
    const bool has_init = object.find("init") != nullptr;
    json::Object init;
    if (has_init) reader.member("init", init);
    DARKROOM_TRY(reader.finish());
    if (has_init) {
        DARKROOM_TRY_ASSIGN(generation.init, read_init(init));
    }
    DARKROOM_TRY(check_limits(generation));
    return generation;
}

std::string encode_result(const TaskResult& result) {
    MemberWriter receipt;
    visit_receipt(receipt, result.receipt);
    MemberWriter writer;
    visit_lists(writer, result);
    writer.member("receipt", receipt.take());
    return json::dump(writer.take());
}

Result<TaskResult> decode_result(std::string_view text) {
    DARKROOM_TRY_ASSIGN(const json::Object object, parse_object(text));
    MemberReader reader(object);
    TaskResult result;
    visit_lists(reader, result);
    json::Object receipt;
    reader.member("receipt", receipt);
    DARKROOM_TRY(reader.finish());
    MemberReader receipt_reader(receipt);
    visit_receipt(receipt_reader, result.receipt);
    DARKROOM_TRY(receipt_reader.finish());
    const std::size_t count = result.images.size();
    const bool aligned = result.infotexts.size() == count && result.all_seeds.size() == count &&
                         result.all_subseeds.size() == count;
    if (!aligned) {
        return Error{ErrorCode::invalid_argument, "lists of a task result differ in length"};
    }
    return result;
}

}  // namespace darkroom::api
