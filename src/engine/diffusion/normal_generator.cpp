// SPDX-License-Identifier: Apache-2.0
#include "engine/diffusion/normal_generator.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "base/check.h"

namespace darkroom::engine {

namespace {

constexpr std::size_t kBlock = 16;
constexpr float kTwoPi = static_cast<float>(2.0 * std::numbers::pi);

// curand's constants, 2^-32 and 2 pi 2^-32, as f32.
constexpr double kUniformScale = static_cast<double>(2.3283064e-10F);
constexpr double kAngleScale = static_cast<double>(2.3283064e-10F * 6.2831855F);

using PhiloxCounter = std::array<std::uint32_t, 4>;

PhiloxCounter philox4x32_10(PhiloxCounter c, std::uint64_t seed) {
    auto key0 = static_cast<std::uint32_t>(seed);
    auto key1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53U} * c[0];
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57U} * c[2];
        c = {
            static_cast<std::uint32_t>(product1 >> 32) ^ c[1] ^ key0,
            static_cast<std::uint32_t>(product1),
            static_cast<std::uint32_t>(product0 >> 32) ^ c[3] ^ key1,
            static_cast<std::uint32_t>(product0)};
        key0 += 0x9E3779B9U;
        key1 += 0xBB67AE85U;
    }
    return c;
}

}  // namespace

TorchCpuGenerator::TorchCpuGenerator(std::uint64_t seed)
    : engine_(static_cast<std::uint32_t>(seed)) {}

void TorchCpuGenerator::draw(std::span<float> values) {
    if (values.size() >= kBlock) {
        draw_blocks(values);
        return;
    }
    for (float& value : values) {
        if (spare_) {
            value = static_cast<float>(*spare_);
            spare_.reset();
            continue;
        }
        const double u1 = next_uniform53();
        const double u2 = next_uniform53();
        const double radius = std::sqrt(-2.0 * std::log1p(-u2));
        const double angle = 2.0 * std::numbers::pi * u1;
        value = static_cast<float>(radius * std::cos(angle));
        spare_ = radius * std::sin(angle);
    }
}

void TorchCpuGenerator::draw_blocks(std::span<float> values) {
    for (float& value : values) {
        value = next_single();
    }
    const std::size_t whole = values.size() / kBlock * kBlock;
    for (std::size_t begin = 0; begin < whole; begin += kBlock) {
        fill_block(values.subspan(begin).first<kBlock>());
    }
    if (whole == values.size()) return;
    const auto tail = values.last<kBlock>();
    for (float& value : tail) {
        value = next_single();
    }
    fill_block(tail);
}

/// Turns 16 uniform numbers into normal ones.
void TorchCpuGenerator::fill_block(std::span<float, 16> block) {
    for (std::size_t j = 0; j < kBlock / 2; ++j) {
        const double u1 = 1.0 - static_cast<double>(block[j]);
        const double angle = static_cast<double>(kTwoPi * block[j + kBlock / 2]);
        const double radius = std::sqrt(-2.0 * std::log(u1));
        block[j] = static_cast<float>(radius * std::cos(angle));
        block[j + kBlock / 2] = static_cast<float>(radius * std::sin(angle));
    }
}

float TorchCpuGenerator::next_single() {
    const auto bits = static_cast<std::uint32_t>(engine_()) & 0xFFFFFFU;
    return static_cast<float>(bits) * 0x1p-24F;
}

double TorchCpuGenerator::next_uniform53() {
    const std::uint64_t high = engine_();
    const std::uint64_t low = engine_();
    const std::uint64_t bits = (high << 32 | low) & ((std::uint64_t{1} << 53) - 1);
    return static_cast<double>(bits) * 0x1p-53;
}

void PhiloxGenerator::draw(std::span<float> values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const PhiloxCounter counter = {draws_, 0, static_cast<std::uint32_t>(i), 0};
        const PhiloxCounter random = philox4x32_10(counter, seed_);
        const double u = random[0] * kUniformScale + kUniformScale / 2;
        const double v = random[1] * kAngleScale + kAngleScale / 2;
        values[i] = static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::sin(v));
    }
    ++draws_;
}

std::string_view to_string(RandnSource source) {
    switch (source) {
        case RandnSource::gpu:
            return "GPU";
        case RandnSource::cpu:
            return "CPU";
        case RandnSource::nv:
            return "NV";
    }
    return "";
}

std::optional<RandnSource> randn_source_from(std::string_view name) {
    for (const RandnSource source : {RandnSource::gpu, RandnSource::cpu, RandnSource::nv}) {
        if (name == to_string(source)) return source;
    }
    return std::nullopt;
}

std::unique_ptr<NormalGenerator> make_generator(RandnSource source, std::uint64_t seed) {
    if (source == RandnSource::cpu) return std::make_unique<TorchCpuGenerator>(seed);
    return std::make_unique<PhiloxGenerator>(seed);
}

}  // namespace darkroom::engine
