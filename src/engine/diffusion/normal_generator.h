// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string_view>

namespace darkroom::engine {

/// A stream of standard normal numbers that its seed determines. The numbers depend on how a stream
/// is cut into draws.
class NormalGenerator {
  public:
    virtual ~NormalGenerator() = default;

    /// One draw: fills the whole span.
    virtual void draw(std::span<float> values) = 0;
};

/// torch.randn(float32) on the CPU: Mersenne Twister and Box-Muller, in blocks of 16 for draws of
/// at least 16 numbers and in f64 pairs below. Uses the low 32 bits of the seed. Agrees with torch
/// to about 2e-6, as torch's own instruction-set variants do among each other.
class TorchCpuGenerator final : public NormalGenerator {
  public:
    explicit TorchCpuGenerator(std::uint64_t seed);

    void draw(std::span<float> values) override;

  private:
    void draw_blocks(std::span<float> values);
    void fill_block(std::span<float, 16> block);
    float next_single();
    double next_uniform53();

    std::mt19937 engine_;
    /// Second number of the last f64 pair.
    std::optional<double> spare_;
};

/// torch.randn on an NVIDIA GPU as A1111's "NV" source computes it on the host: Philox4x32-10 with
/// the draw's index and the element's index as counter, the seed as key, one Box-Muller value each.
/// Salmon et al. 2011.
class PhiloxGenerator final : public NormalGenerator {
  public:
    explicit PhiloxGenerator(std::uint64_t seed) : seed_(seed) {}

    void draw(std::span<float> values) override;

  private:
    std::uint64_t seed_;
    std::uint32_t draws_ = 0;
};

/// A1111's option randn_source ("GPU", "CPU", "NV"). `gpu` is computed as `nv`: equal to a GPU for
/// latents that fit one grid pass.
enum class RandnSource { gpu, cpu, nv };

/// "GPU", "CPU", "NV".
std::string_view to_string(RandnSource source);
/// Reverse of to_string, exact.
std::optional<RandnSource> randn_source_from(std::string_view name);

std::unique_ptr<NormalGenerator> make_generator(RandnSource source, std::uint64_t seed);

}  // namespace darkroom::engine
