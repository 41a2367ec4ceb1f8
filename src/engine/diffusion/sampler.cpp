// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/sampler.h"

#include "base/check.h"

namespace darkroom::engine {

NetworkCall NetworkCall::within(int finished_steps, int total_steps) && {
    finished_steps_ = finished_steps;
    total_steps_ = total_steps;
    return std::move(*this);
}

NetworkCall denoise(const Tensor& x, const Step& step) {
    return denoise(x, step, step.sigma);
}

NetworkCall denoise(const Tensor& x, const Step& step, float sigma) {
    return NetworkCall(NetworkCall::Kind::denoise, x, sigma).within(step.index, step.count);
}

NetworkCall predict_noise(const Tensor& x, const TimestepStep& step) {
    const auto timestep = static_cast<float>(step.timestep);
    return NetworkCall(NetworkCall::Kind::predict_noise, x, timestep)
        .within(step.index, step.count);
}

Sampler::~Sampler() {
    if (handle_) handle_.destroy();
}

bool Sampler::done() const {
    DARKROOM_CHECK(handle_, "this sampler was moved away");
    return handle_.done();
}

const NetworkCall& Sampler::pending() const {
    DARKROOM_CHECK(!done(), "a finished sampler waits for nothing");
    return *handle_.promise().pending_;
}

void Sampler::resume(Tensor answer) {
    const Shape& expected = pending().x().shape();
    DARKROOM_CHECK(
        answer && answer.shape() == expected && answer.dtype() == DType::f32,
        "the answer to {} has {} {}",
        to_string(expected),
        to_string(answer.dtype()),
        to_string(answer.shape()));
    promise_type& promise = handle_.promise();
    promise.pending_.reset();
    promise.answer_ = std::move(answer);
    handle_.resume();
    if (promise.failure_) std::rethrow_exception(promise.failure_);
}

Tensor Sampler::result() const {
    DARKROOM_CHECK(done(), "the sampler is still running");
    const promise_type& promise = handle_.promise();
    if (promise.failure_) std::rethrow_exception(promise.failure_);
    return promise.result_;
}

}  // namespace darkroom::engine
