// SPDX-License-Identifier: Apache-2.0
#include "api/txt2img_generation.h"

#include <algorithm>
#include <iterator>

#include "api/generation_limits.h"
#include "api/prompt_comments.h"
#include "api/request_fields.h"
#include "api/sampler_parameters.h"
#include "api/task_name.h"
#include "base/format.h"

namespace darkroom::api {
namespace {

// A1111 draws seeds from [0, 4294967294).
constexpr std::uint64_t kRandomSeeds = 4294967294;

void append(std::vector<FieldError>& errors, std::vector<FieldError> more) {
    std::ranges::move(more, std::back_inserter(errors));
}

FieldError as_entry(const Error& error) {
    return {{"body", error.field}, error.message};
}

std::int64_t floor_to_8(std::int64_t side) {
    return side > 0 ? side - side % 8 : side;
}

struct Seeds {
    const Txt2imgRequest& request;
    const Txt2imgContext& context;
    std::vector<FieldError>& errors;

    std::uint64_t resolve(std::string_view field) const {
        const std::int64_t seed = request.integer(field).value_or(-1);
        if (seed == -1) return context.random_below(kRandomSeeds);
        if (seed < -1) errors.push_back(below_minimum({"body", field}, -1));
        return static_cast<std::uint64_t>(std::max<std::int64_t>(seed, 0));
    }
};

void set_plain_fields(domain::Generation& g, const Txt2imgRequest& request) {
    g.prompt = request.text("prompt").value_or("");
    g.negative_prompt = request.text("negative_prompt").value_or("");
    g.width = floor_to_8(request.integer("width").value_or(512));
    g.height = floor_to_8(request.integer("height").value_or(512));
    g.steps = request.integer("steps").value_or(50);
    g.cfg_scale = request.number("cfg_scale").value_or(7.0);
    g.batch_size = request.integer("batch_size").value_or(1);
    g.iterations = request.integer("n_iter").value_or(1);
    g.subseed_strength = request.number("subseed_strength").value_or(0.0);
    g.seed_resize_from_w = request.integer("seed_resize_from_w").value_or(-1);
    g.seed_resize_from_h = request.integer("seed_resize_from_h").value_or(-1);
}

void set_options(domain::Generation& g, const Options& options) {
    g.randn_source = options.text("randn_source");
    g.eta_noise_seed_delta = options.integer("eta_noise_seed_delta");
    g.clip_skip = options.integer("CLIP_stop_at_last_layers");
    g.emphasis = options.text("emphasis");
    if (options.boolean("enable_prompt_comments")) {
        g.prompt = strip_comments(g.prompt);
        g.negative_prompt = strip_comments(g.negative_prompt);
    }
}

/// The option when it is not at its default, else the request (a1111-api.md 2.7).
double sigma_parameter(
    std::string_view name, double unset, const Txt2imgRequest& request, const Options& options) {
    const double option = options.number(name);
    return option != unset ? option : request.number(name).value_or(unset);
}

std::optional<double> resolve_eta(
    SamplerParameters::Eta kind, const Txt2imgRequest& request, const Options& options) {
    if (kind == SamplerParameters::Eta::none) return std::nullopt;
    if (const std::optional<double> eta = request.number("eta")) return eta;
    const bool ddim = kind == SamplerParameters::Eta::ddim;
    const double option = options.number(ddim ? "eta_ddim" : "eta_ancestral");
    if (option == (ddim ? 0.0 : 1.0)) return std::nullopt;
    return option;
}

/// Sets what the sampler takes; the rest keeps its default, so that equal pictures have equal
/// generations.
void set_sampler_parameters(
    domain::Generation& g, const Txt2imgRequest& request, const Options& options) {
    const SamplerParameters takes = sampler_parameters(g.sampler);
    g.eta = resolve_eta(takes.eta, request, options);
    if (takes.takes_churn) {
        g.s_churn = sigma_parameter("s_churn", 0.0, request, options);
        g.s_tmin = sigma_parameter("s_tmin", 0.0, request, options);
        g.s_tmax = sigma_parameter("s_tmax", 0.0, request, options);
    }
    if (takes.takes_noise) g.s_noise = sigma_parameter("s_noise", 1.0, request, options);
}

void set_sampling(
    domain::Generation& g,
    const Txt2imgRequest& request,
    const domain::SamplingCatalog& catalog,
    std::vector<FieldError>& errors) {
    const std::string name = request.text("sampler_name").value_or("");
    const bool named = !name.empty();
    auto choice = domain::resolve_sampling(
        catalog, named ? name : request.text("sampler_index"), request.text("scheduler"));
    if (choice) {
        g.sampler = std::move(choice->sampler);
        g.schedule = std::move(choice->schedule);
        return;
    }
    Error error = choice.error();
    if (error.field == "sampler_name" && !named) error.field = "sampler_index";
    errors.push_back(as_entry(error));
}

/// With more than one picture A1111 would put a grid before them.
void check_grid(
    const domain::Generation& g, const Txt2imgRequest& request, std::vector<FieldError>& errors) {
    const bool several = g.batch_size > 1 || g.iterations > 1;
    if (!several || !request.boolean("save_images").value_or(false)) return;
    errors.push_back(
        {{"body", "save_images"},
         "not supported by this version with more than one picture: leave it false"});
}

std::string read_task_name(const Txt2imgRequest& request, std::vector<FieldError>& errors) {
    std::string name = request.text("force_task_id").value_or("");
    if (!is_task_name(name)) {
        errors.push_back(
            {{"body", "force_task_id"},
             format(
                 "ensure this value has at most {} bytes and no control characters",
                 kLongestTaskName)});
    }
    return name;
}

/// Entries of limit_errors for names that other entries already explain are left out.
void append_limit_errors(const domain::Generation& g, std::vector<FieldError>& errors) {
    domain::Generation named = g;
    if (named.sampler.empty()) named.sampler = named.schedule = "?";
    if (named.model.empty()) named.model = "?";
    append(errors, limit_errors(named));
}

}  // namespace

Outcome<AcceptedTxt2img> to_generation(
    const Txt2imgRequest& request, const Txt2imgContext& context) {
    const bool has_inputs = request.kind() == RequestKind::img2img;
    if (has_inputs) {
        DARKROOM_TRY(require_inputs(request));
    }
    if (std::optional<Refusal> refusal = refused_script(request)) return *std::move(refusal);
    const json::Value& overrides = request.value("override_settings");
    DARKROOM_TRY_ASSIGN(
        const Options options,
        context.options.with_overrides(
            overrides.is_object() ? overrides.as_object() : json::Object(), context.models));

    std::vector<FieldError> errors = refused_fields(request);
    AcceptedTxt2img accepted;
    domain::Generation& g = accepted.generation;
    set_plain_fields(g, request);
    set_options(g, options);
    set_sampling(g, request, context.catalog, errors);
    set_sampler_parameters(g, request, options);
    const auto model = chosen_model(options, context.models);
    if (model) {
        g.model = (*model)->name;
    } else if (model.error().code == ErrorCode::invalid_argument) {
        errors.push_back(as_entry(model.error()));
    } else {
        return refusal_from(model.error());
    }
    const Seeds seeds{request, context, errors};
    g.seed = seeds.resolve("seed");
    g.subseed = seeds.resolve("subseed");
    if (has_inputs) {
        accepted.inputs = read_inputs(request, errors);
        g.init = init_settings(request);
        g.batch_size = batch_of_inputs(g.batch_size, accepted.inputs);
    }
    check_grid(g, request, errors);
    accepted.task_name = read_task_name(request, errors);
    append_limit_errors(g, errors);
    // Prompts are looked into only once their size is known to be sane.
    if (errors.empty()) append(errors, refused_prompts(g, context.find_unsupported));
    if (!errors.empty()) return validation_refusal(errors);
    return accepted;
}

}  // namespace darkroom::api
