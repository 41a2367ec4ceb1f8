// SPDX-License-Identifier: Apache-2.0
#include "api/txt2img_response.h"

#include <chrono>
#include <functional>

#include "api/json_members.h"
#include "base/format.h"
#include "json/json.h"

namespace darkroom::api {
namespace {

json::Array repeated(const std::string& text, std::int64_t count) {
    return json::Array(static_cast<std::size_t>(count), json::Value(text));
}

json::Array counted(std::int64_t count, const std::function<std::uint64_t(std::int64_t)>& at) {
    json::Array values;
    for (std::int64_t i = 0; i < count; ++i)
        values.emplace_back(at(i));
    return values;
}

json::Array texts(const std::vector<std::string>& list) {
    return json::Array(list.begin(), list.end());
}

}  // namespace

std::string job_timestamp(std::int64_t wall_ms) {
    namespace chrono = std::chrono;
    const chrono::sys_time<chrono::milliseconds> time{chrono::milliseconds(wall_ms)};
    const auto day = chrono::floor<chrono::days>(time);
    const chrono::year_month_day date(day);
    const chrono::hh_mm_ss clock(chrono::floor<chrono::seconds>(time - day));
    return format(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count());
}

std::string make_info(const domain::Generation& g, const GenerationReport& report) {
    const std::int64_t count = g.batch_size * g.iterations;
    json::Object info;
    info.append("prompt", g.prompt);
    info.append("all_prompts", repeated(g.prompt, count));
    info.append("negative_prompt", g.negative_prompt);
    info.append("all_negative_prompts", repeated(g.negative_prompt, count));
    info.append("seed", g.seed);
    info.append("all_seeds", counted(count, [&](std::int64_t i) { return picture_seed(g, i); }));
    info.append("subseed", g.subseed);
    info.append(
        "all_subseeds", counted(count, [&](std::int64_t i) { return picture_subseed(g, i); }));
    // Upstream's untouched default is the integer.
    info.append(
        "subseed_strength",
        g.subseed_strength == 0.0 ? json::Value(0) : json::Value(g.subseed_strength));
    info.append("width", g.width);
    info.append("height", g.height);
    info.append("sampler_name", g.sampler);
    info.append("cfg_scale", g.cfg_scale);
    info.append("steps", g.steps);
    info.append("batch_size", g.batch_size);
    info.append("restore_faces", false);
    info.append("face_restoration_model", nullptr);
    info.append("sd_model_name", text_or_null(report.context.model_name));
    info.append("sd_model_hash", text_or_null(report.context.model_hash10));
    info.append("sd_vae_name", nullptr);
    info.append("sd_vae_hash", nullptr);
    info.append("seed_resize_from_w", g.seed_resize_from_w);
    info.append("seed_resize_from_h", g.seed_resize_from_h);
    info.append(
        "denoising_strength",
        report.denoising_strength ? json::Value(*report.denoising_strength) : json::Value());
    info.append("extra_generation_params", extra_parameters(g, report.context));
    info.append("index_of_first_image", 0);
    info.append("infotexts", texts(report.infotexts));
    info.append("styles", json::Array());
    info.append("job_timestamp", report.job_timestamp);
    info.append("clip_skip", g.clip_skip);
    info.append("is_using_inpainting_conditioning", false);
    info.append("version", report.context.version);
    return json::dump(info, json::Style::python);
}

json::Object txt2img_answer(
    std::vector<std::string> pictures, const Txt2imgRequest& request, std::string info) {
    json::Array images;
    if (request.boolean("send_images").value_or(true)) {
        for (std::string& picture : pictures)
            images.emplace_back(std::move(picture));
    }
    json::Object parameters = request.parameters;
    const bool has_inputs = request.kind() == RequestKind::img2img;
    if (has_inputs && !request.boolean("include_init_images").value_or(false)) {
        parameters.set("init_images", nullptr);
        parameters.set("mask", nullptr);
    }
    return json::Object{
        {"images", std::move(images)},
        {"parameters", std::move(parameters)},
        {"info", std::move(info)}};
}

std::string txt2img_response(
    std::vector<std::string> pictures, const Txt2imgRequest& request, std::string info) {
    return json::dump(txt2img_answer(std::move(pictures), request, std::move(info)));
}

}  // namespace darkroom::api
