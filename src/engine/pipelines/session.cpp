// SPDX-License-Identifier: Apache-2.0
#include "engine/pipelines/session.h"

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"
#include "engine/pipelines/init_latent.h"

namespace darkroom::engine {
namespace {

using SteadyClock = std::chrono::steady_clock;

Error failure_of(const std::exception& exception) {
    return Error{ErrorCode::internal, exception.what()};
}

Error in_field(Error error, const char* field) {
    if (error.field.empty()) error.field = field;
    return error;
}

bool same_batch(
    const Model& model,
    const ImageRequest& image,
    const Model& other_model,
    const ImageRequest& other) {
    return &model == &other_model && image.width == other.width && image.height == other.height;
}

}  // namespace

Result<void> Session::add(RequestId id, std::shared_ptr<const Model> model, ImageRequest request) {
    DARKROOM_CHECK(find(id) == nullptr, "request {} is in the session already", id);
    DARKROOM_TRY(validate(request));
    auto entry = std::make_unique<Request>();
    entry->id = id;
    entry->model = std::move(model);
    entry->image = std::move(request);
    entry->last_turn = turn_;
    requests_.push_back(std::move(entry));
    return {};
}

Session::Request* Session::find(RequestId id) {
    const auto found =
        std::ranges::find_if(requests_, [&](const auto& request) { return request->id == id; });
    return found == requests_.end() ? nullptr : found->get();
}

StepReport Session::step() {
    const auto begin = SteadyClock::now();
    StepReport report;
    if (encode_one()) {
        report.work = StepReport::Work::encode;
    } else if (encode_image_one()) {
        report.work = StepReport::Work::encode_image;
    } else if (decode_one()) {
        report.work = StepReport::Work::decode;
    } else {
        report.width = call_unet();
        if (report.width > 0) report.work = StepReport::Work::unet;
    }
    report.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    return report;
}

std::vector<FinishedRequest> Session::collect() {
    return std::exchange(finished_, {});
}

bool Session::encode_one() {
    const auto found =
        std::ranges::find_if(requests_, [](const auto& request) { return !request->encoded; });
    if (found == requests_.end()) return false;
    Request& request = **found;
    try {
        const ConditioningOptions& options = request.image.conditioning;
        const auto positive = encode_prompt(*request.model, request.image.prompt, options);
        if (!positive) {
            fail(request.id, in_field(positive.error(), "prompt"));
            return true;
        }
        request.guidance.scale = request.image.cfg_scale;
        request.guidance.positive = prepare_context(*request.model, *positive);
        if (request.image.cfg_scale != 1.0F) {
            const auto negative =
                encode_prompt(*request.model, request.image.negative_prompt, options);
            if (!negative) {
                fail(request.id, in_field(negative.error(), "negative_prompt"));
                return true;
            }
            request.guidance.negative = prepare_context(*request.model, *negative);
        }
        request.encoded = true;
        if (!request.image.init) begin_iteration(request);
    } catch (const std::exception& exception) {
        fail(request.id, failure_of(exception));
    }
    return true;
}

bool Session::encode_image_one() {
    for (const auto& request : requests_) {
        if (!request->image.init) continue;
        std::vector<image::Image>& pictures = request->image.init->pictures;
        std::vector<Tensor>& latents = request->init_latents;
        if (latents.size() == pictures.size()) continue;
        const RequestId id = request->id;
        try {
            latents.push_back(encode_image(*request->model, pictures[latents.size()]));
            // The latent is all that is needed from here on.
            pictures[latents.size() - 1] = {};
            if (latents.size() == pictures.size()) begin_iteration(*request);
        } catch (const std::exception& exception) {
            fail(id, failure_of(exception));
        }
        return true;
    }
    return false;
}

void Session::begin_iteration(Request& request) {
    const int first = request.next_iteration * request.image.batch_size;
    const std::vector<Tensor>& inits = request.init_latents;
    for (int i = 0; i < request.image.batch_size; ++i) {
        Tensor init;
        if (!inits.empty()) init = inits[static_cast<std::size_t>(i) % inits.size()];
        request.drawing.push_back(std::make_unique<Picture>(
            *request.model, request.image, first + i, request.guidance, init));
    }
    ++request.next_iteration;
}

bool Session::decode_one() {
    for (const auto& request : requests_) {
        // Pictures of one iteration end together or in order; decoding keeps their order.
        if (request->drawing.empty() || !request->drawing.front()->sampled()) continue;
        const RequestId id = request->id;
        try {
            request->pictures.push_back(request->drawing.front()->decode());
            request->drawing.erase(request->drawing.begin());
            settle(id);
        } catch (const std::exception& exception) {
            fail(id, failure_of(exception));
        }
        return true;
    }
    return false;
}

/// Begins the next iteration of a request that has drawn all of the last, or finishes it.
void Session::settle(RequestId id) {
    Request& request = *find(id);
    if (!request.drawing.empty()) return;
    if (!request.interrupted && request.next_iteration < request.image.iterations) {
        begin_iteration(request);
        return;
    }
    finished_.push_back({id, std::move(request.pictures), request.interrupted});
    remove(id);
}

std::vector<std::pair<Session::Request*, Picture*>> Session::choose_batch() {
    std::vector<Request*> waiting;
    for (const auto& request : requests_)
        waiting.push_back(request.get());
    std::ranges::stable_sort(waiting, {}, &Request::last_turn);

    std::vector<std::pair<Request*, Picture*>> batch;
    int width = 0;
    for (Request* request : waiting) {
        if (!batch.empty() && !same_batch(
                                  *batch.front().first->model,
                                  batch.front().first->image,
                                  *request->model,
                                  request->image)) {
            continue;
        }
        for (const auto& picture : request->drawing) {
            if (picture->sampled()) continue;
            // A single picture runs however narrow the limit is.
            if (!batch.empty() && width + picture->rows() > options_.max_width) break;
            width += picture->rows();
            batch.emplace_back(request, picture.get());
        }
    }
    return batch;
}

int Session::call_unet() {
    const auto batch = choose_batch();
    if (batch.empty()) return 0;
    ++turn_;
    std::vector<Tensor> latents;
    std::vector<UnetSample> samples;
    for (const auto& [request, picture] : batch) {
        picture->append_rows(latents, samples);
        request->last_turn = turn_;
    }
    const Model& model = *batch.front().first->model;
    Tensor outputs;
    try {
        const Tensor input = ops::nchw_to_nhwc(ops::concat_samples(latents));
        outputs = ops::nhwc_to_nchw(ops::cast(model.unet()(input, samples), DType::f32));
    } catch (const std::exception& exception) {
        for (const auto& [request, picture] : batch)
            fail(request->id, failure_of(exception));
        return static_cast<int>(samples.size());
    }
    std::int64_t row = 0;
    std::vector<std::pair<RequestId, Error>> failures;
    for (const auto& [request, picture] : batch) {
        const Tensor own = outputs.rows(row, row + picture->rows());
        row += picture->rows();
        try {
            picture->answer(own);
            if (request->interrupted) picture->cut_short();
        } catch (const std::exception& exception) {
            failures.emplace_back(request->id, failure_of(exception));
        }
    }
    for (auto& [id, error] : failures)
        fail(id, std::move(error));
    return static_cast<int>(samples.size());
}

void Session::fail(RequestId id, Error error) {
    if (find(id) == nullptr) return;
    finished_.push_back({id, std::move(error)});
    remove(id);
}

std::optional<RequestProgress> Session::progress(RequestId id) const {
    const auto found =
        std::ranges::find_if(requests_, [&](const auto& request) { return request->id == id; });
    if (found == requests_.end()) return std::nullopt;
    const Request& request = **found;
    RequestProgress progress;
    progress.pictures = request.image.pictures();
    const int steps = steps_of_picture(request.image);
    progress.total_steps = progress.pictures * steps;
    progress.finished_pictures = static_cast<int>(request.pictures.size());
    progress.finished_steps = progress.finished_pictures * steps;
    for (const auto& picture : request.drawing)
        progress.finished_steps += picture->finished_steps();
    return progress;
}

void Session::interrupt(RequestId id) {
    Request* request = find(id);
    if (request == nullptr) return;
    request->interrupted = true;
    for (const auto& picture : request->drawing)
        picture->cut_short();
}

void Session::remove(RequestId id) {
    std::erase_if(requests_, [&](const auto& request) { return request->id == id; });
}

}  // namespace darkroom::engine
