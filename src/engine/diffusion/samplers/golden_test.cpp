// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/diffusion/golden_file.h"
#include "engine/diffusion/samplers/registry.h"
#include "engine/diffusion/schedules.h"
#include "engine/reference/backend.h"

// Every row of tests/golden/samplers.json whose sampler exists. The rows were made by the original
// Python samplers on a toy network, which the file's "about" defines.

namespace darkroom::engine {
namespace {

constexpr std::size_t kNumel = 4 * 8 * 8;

/// The golden files' random numbers in [-1, 1): splitmix64 from the FNV-1a hash of a key.
std::vector<float> stream(const std::string& key) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char letter : key) {
        hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3;
    }
    std::vector<float> values;
    for (std::uint64_t i = 1; i <= kNumel; ++i) {
        std::uint64_t z = hash + i * 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        z ^= z >> 31;
        values.push_back(static_cast<float>(z >> 40) * 0x1p-23F - 1.0F);
    }
    return values;
}

Tensor upload(Backend& backend, const std::vector<float>& values) {
    return backend.upload(std::span<const float>(values), {1, 4, 8, 8});
}

class StreamNoise final : public NoiseSource {
  public:
    explicit StreamNoise(Backend& backend) : backend_(backend) {}

    Tensor next() override { return upload(backend_, stream("noise:" + std::to_string(draws_++))); }
    [[nodiscard]] int draws() const { return draws_; }

  private:
    Backend& backend_;
    int draws_ = 0;
};

Tensor toy_answer(Backend& backend, const NetworkCall& call) {
    std::vector<float> values = backend.download(call.x());
    const float level = call.level();
    for (float& x : values) {
        if (call.kind() == NetworkCall::Kind::denoise) {
            const float variance = level * level;
            x = (0.25F * x + 0.3F * variance) / (0.25F + variance) + 0.1F * std::sin(2.0F * x);
        } else {
            x = x * (0.6F + 0.3F * level / 1000.0F) + 0.2F * std::sin(2.0F * x) - 0.1F;
        }
    }
    return upload(backend, values);
}

float number_or(const json::Value& row, const char* key, float fallback) {
    const json::Value* value = row.find(key);
    return value == nullptr ? fallback : static_cast<float>(value->as_double());
}

SamplerInputs inputs_of(const json::Value& row, Backend& backend) {
    const Discretisation discretisation = Discretisation::scaled_linear();
    const int steps = static_cast<int>(row["steps"].as_integer());
    SamplerInputs in = {.start = upload(backend, stream("input:start"))};
    if (const json::Value* schedule = row.find("schedule")) {
        const auto sigmas = make_sigmas(schedule->as_string(), steps, discretisation);
        in.steps = make_steps(sigmas.value());
        in.start = initial_latent(in.start, sigmas->front());
    } else {
        const auto timesteps = make_timesteps(steps, discretisation);
        in.timesteps = make_timestep_steps(timesteps.value(), discretisation);
    }
    if (const json::Value* eta = row.find("eta")) {
        in.options.eta = static_cast<float>(eta->as_double());
    }
    in.options.s_churn = number_or(row, "s_churn", in.options.s_churn);
    in.options.s_tmin = number_or(row, "s_tmin", in.options.s_tmin);
    in.options.s_tmax = number_or(row, "s_tmax", in.options.s_tmax);
    in.options.s_noise = number_or(row, "s_noise", in.options.s_noise);
    return in;
}

void expect_summary(
    const std::vector<float>& values, const json::Value& expected, double tolerance) {
    ASSERT_EQ(values.size(), kNumel);
    double sum = 0.0;
    double squares = 0.0;
    for (const float value : values) {
        sum += static_cast<double>(value);
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    const double mean = sum / kNumel;
    const double limit = tolerance * expected["std"].as_double();
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    EXPECT_NEAR(mean, expected["mean"].as_double(), limit);
    EXPECT_NEAR(std::sqrt(squares / kNumel - mean * mean), expected["std"].as_double(), limit);
    EXPECT_NEAR(static_cast<double>(*low), expected["min"].as_double(), limit);
    EXPECT_NEAR(static_cast<double>(*high), expected["max"].as_double(), limit);
    const std::vector<double> samples = numbers(expected["samples"]);
    for (std::size_t j = 0; j < samples.size(); ++j) {
        EXPECT_NEAR(static_cast<double>(values[j * (kNumel - 1) / 7]), samples[j], limit)
            << "sample " << j;
    }
}

TEST(SamplerGolden, EveryRowOfAnExistingSamplerIsReproduced) {
    const auto backend = make_reference_backend();
    const json::Value golden = read_golden("samplers.json");
    std::set<std::string_view> covered;
    for (const json::Value& row : golden["rows"].as_array()) {
        const SamplerSpec* spec = find_sampler(row["sampler"].as_string());
        if (spec == nullptr) continue;
        covered.insert(spec->name);
        SCOPED_TRACE(json::dump(row));
        StreamNoise noise(*backend);
        SamplerInputs in = inputs_of(row, *backend);
        in.noise = &noise;
        Sampler sampler = spec->start(std::move(in));
        int calls = 0;
        while (!sampler.done()) {
            sampler.resume(toy_answer(*backend, sampler.pending()));
            ++calls;
        }
        EXPECT_EQ(calls, row["calls"].as_integer());
        EXPECT_EQ(noise.draws(), row["noise_draws"].as_integer());
        const double tolerance = row["steps"].as_integer() >= 40 ? 1e-3 : 2e-4;
        expect_summary(backend->download(sampler.result()), row["out"], tolerance);
    }
    EXPECT_EQ(covered.size(), samplers().size());
}

}  // namespace
}  // namespace darkroom::engine
