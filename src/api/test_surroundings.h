// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/txt2img_generation.h"
#include "domain/model.h"
#include "domain/sampling.h"

/// What the tests judge requests against.
namespace darkroom::api {

inline domain::SamplingCatalog test_catalog() {
    domain::SamplingCatalog catalog;
    catalog.samplers = {
        {"DPM++ 2M", {"k_dpmpp_2m"}, {{"scheduler", "karras"}}, "Karras"},
        {"Euler a", {"k_euler_a", "k_euler_ancestral"}, {{"uses_ensd", "True"}}},
        {"Euler", {"k_euler"}},
        {"Heun", {"k_heun"}, {{"second_order", "True"}}},
        {"DDIM", {"ddim"}},
    };
    catalog.schedules = {
        {"automatic", "Automatic"},
        {"uniform", "Uniform", {}, -1.0, true},
        {"karras", "Karras", {}, 7.0},
        {"sgm_uniform", "SGM Uniform", {"SGMUniform"}, -1.0, true},
    };
    return catalog;
}

inline std::vector<domain::ModelDescription> test_models() {
    return {
        domain::describe_model("icons-128.safetensors", std::string(64, 'a')),
        domain::describe_model("people/photo.safetensors", ""),
    };
}

/// A catalog, two checkpoints, default options, seeds 12345 and a parser that knows neither AND,
/// which is text in a negative prompt, nor alternation.
struct TestSurroundings {
    domain::SamplingCatalog catalog = test_catalog();
    std::vector<domain::ModelDescription> models = test_models();
    Options options;

    [[nodiscard]] Txt2imgContext context() const {
        return {
            catalog,
            models,
            options,
            [](std::uint64_t bound) { return std::uint64_t{12345} % bound; },
            [](std::string_view prompt, PromptRole role) {
                std::vector<std::string> found;
                const bool has_and = prompt.find("AND") != std::string_view::npos;
                if (has_and && role == PromptRole::positive) found.emplace_back("AND");
                if (prompt.find('|') != std::string_view::npos) found.emplace_back("alternation");
                return found;
            }};
    }

    [[nodiscard]] Outcome<AcceptedTxt2img> accept(std::string_view body) const {
        const Outcome<Txt2imgRequest> request = parse_txt2img(body);
        if (!request) return request.error();
        return to_generation(*request, context());
    }

    [[nodiscard]] Outcome<AcceptedTxt2img> accept_img2img(std::string_view body) const {
        const Outcome<PictureRequest> request = parse_request(RequestKind::img2img, body);
        if (!request) return request.error();
        return to_generation(*request, context());
    }

    [[nodiscard]] domain::Generation generation(std::string_view body) const {
        return accept(body).value().generation;
    }
};

}  // namespace darkroom::api
