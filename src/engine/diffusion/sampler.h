// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "engine/diffusion/sampler_inputs.h"
#include "engine/tensor/tensor.h"

namespace darkroom::engine {

/// What a suspended sampler waits for. Not an aggregate: GCC 12 destroys aggregate temporaries in a
/// co_await operand twice.
class NetworkCall {
  public:
    enum class Kind {
        /// x in sigma space (x0 + sigma * noise) at level() = sigma; the answer is the denoised x0.
        denoise,
        /// x in the variance-preserving space at level() = timestep; the answer is the noise in it.
        predict_noise,
    };

    NetworkCall(Kind kind, Tensor x, float level) : kind_(kind), x_(std::move(x)), level_(level) {}

    [[nodiscard]] Kind kind() const { return kind_; }
    /// f32 [1, 4, h, w], not scaled by c_in.
    [[nodiscard]] const Tensor& x() const { return x_; }
    /// Sigma or timestep, as kind() says.
    [[nodiscard]] float level() const { return level_; }
    /// Steps finished before this call, and all steps of the run: for progress.
    [[nodiscard]] int finished_steps() const { return finished_steps_; }
    [[nodiscard]] int total_steps() const { return total_steps_; }

    /// The same call, as part of a step.
    [[nodiscard]] NetworkCall within(int finished_steps, int total_steps) &&;

  private:
    Kind kind_;
    Tensor x_;
    float level_;
    int finished_steps_ = 0;
    int total_steps_ = 0;
};

/// Asks for the denoised latent of x at the step's sigma.
NetworkCall denoise(const Tensor& x, const Step& step);
/// The same at another sigma within the step.
NetworkCall denoise(const Tensor& x, const Step& step, float sigma);
/// Asks for the noise in x at the step's timestep.
NetworkCall predict_noise(const Tensor& x, const TimestepStep& step);

/// A sampling run as a coroutine that suspends at every network call, so that calls of different
/// requests can share a batch. It owns the run: destroying it frees everything, finished or not.
/// Used by one thread, the device thread.
///
///     while (!sampler.done()) sampler.resume(answer_to(sampler.pending()));
///     return sampler.result();
class Sampler {
  public:
    class promise_type;

    Sampler(Sampler&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Sampler& operator=(Sampler&& other) noexcept {
        Sampler taken(std::move(other));
        std::swap(handle_, taken.handle_);
        return *this;
    }
    Sampler(const Sampler&) = delete;
    Sampler& operator=(const Sampler&) = delete;
    ~Sampler();

    /// True when there is a result or the run has failed.
    [[nodiscard]] bool done() const;

    /// What the run waits for. Throws ContractViolation when done.
    [[nodiscard]] const NetworkCall& pending() const;

    /// Hands over the answer to pending(), of x's shape, and runs to the next call or the end. What
    /// the run throws comes out here and ends it. Throws ContractViolation when done.
    void resume(Tensor answer);

    /// The final latent, in the space of the calls' x. Throws what the run threw, or
    /// ContractViolation when it is not done.
    [[nodiscard]] Tensor result() const;

  private:
    explicit Sampler(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

    std::coroutine_handle<promise_type> handle_;
};

/// Suspends until Sampler::resume has put an answer into its slot.
class NetworkAnswer {
  public:
    explicit NetworkAnswer(Tensor& slot) : slot_(slot) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> /*sampler*/) const noexcept {}
    [[nodiscard]] Tensor await_resume() const noexcept { return std::exchange(slot_, Tensor{}); }

  private:
    Tensor& slot_;
};

/// Runs at once up to the first network call.
class Sampler::promise_type {
  public:
    Sampler get_return_object() {
        return Sampler(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
    void return_value(Tensor x) { result_ = std::move(x); }
    void unhandled_exception() { failure_ = std::current_exception(); }
    NetworkAnswer await_transform(NetworkCall call) {
        pending_ = std::move(call);
        return NetworkAnswer(answer_);
    }

  private:
    friend class Sampler;

    std::optional<NetworkCall> pending_;
    Tensor answer_;
    Tensor result_;
    std::exception_ptr failure_;
};

}  // namespace darkroom::engine
