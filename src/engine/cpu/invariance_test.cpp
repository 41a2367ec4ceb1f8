// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <functional>
#include <utility>

#include "engine/cpu/test_support.h"

namespace darkroom::engine {
namespace {

/// A network's operation over one batch of samples.
using Operation = std::function<Tensor(Backend&, const Tensor& x)>;

bool same_bytes(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

class CpuInvariance : public CpuAgainstReference {
  protected:
    /// Batches of 1 to 8 with 1, 2 and 5 threads give each sample the bytes it has alone.
    void expect_invariant(const Shape& sample, const Operation& operation) {
        SCOPED_TRACE(to_string(sample));
        std::vector<Tensor> inputs;
        std::vector<Tensor> alone;
        for (std::uint32_t i = 0; i < 8; ++i) {
            inputs.push_back(tensor(*cpu_, sample, i));
            alone.push_back(operation(*cpu_, inputs.back()));
        }
        const std::pair<int, std::size_t> settings[] = {{1, 8}, {2, 2}, {2, 5}, {5, 3}};
        for (const auto& [threads, batch] : settings) {
            CpuOptions options = GetParam();
            options.threads = threads;
            const auto backend = CpuBackend::make(options).value();
            const Tensor x = cpu_->concat_samples(std::span(inputs).first(batch));
            const Tensor y = operation(*backend, x);
            for (std::size_t i = 0; i < batch; ++i) {
                const auto at = static_cast<std::int64_t>(i);
                EXPECT_TRUE(same_bytes(y.rows(at, at + 1), alone[i]))
                    << threads << " threads, sample " << i << " of " << batch;
            }
        }
    }

    void expect_convolution(const Conv2dSpec& spec, std::int64_t size) {
        const std::int64_t taps = spec.kernel * spec.kernel;
        const PackedWeights weights =
            packed(*cpu_, spec, spec.in_channels * spec.out_channels * taps);
        const Tensor bias = floats(*cpu_, {spec.out_channels}, 1);
        expect_invariant({1, size, size, spec.in_channels}, [&](Backend& backend, const Tensor& x) {
            return backend.conv2d(x, weights, {.bias = bias});
        });
    }

    void expect_linear(const LinearSpec& spec, std::int64_t rows) {
        const PackedWeights weights = packed(*cpu_, spec, spec.in_features * spec.weight_rows());
        const Activation activation = spec.gated ? Activation::none : Activation::gelu;
        expect_invariant({1, rows, spec.in_features}, [&](Backend& backend, const Tensor& x) {
            return backend.linear(x, weights, {.activation = activation});
        });
    }
};

// The channels of SD1.5 over pictures small enough for a test; no kernel looks at the size but to
// cut the work.
TEST_P(CpuInvariance, Convolutions) {
    expect_convolution({.in_channels = 4, .out_channels = 320}, 16);
    expect_convolution({.in_channels = 320, .out_channels = 320}, 8);
    expect_convolution({.in_channels = 320, .out_channels = 320, .stride = 2}, 8);
    expect_convolution({.in_channels = 320, .out_channels = 320, .upsampled = true}, 8);
    expect_convolution({.in_channels = 320, .out_channels = 320, .quantisable = true}, 7);
    // More tiles in eight samples than are transformed together.
    expect_convolution({.in_channels = 1024, .out_channels = 256, .quantisable = true}, 10);
    expect_convolution({.in_channels = 1280, .out_channels = 64}, 4);
    expect_convolution({.in_channels = 320, .out_channels = 4}, 16);
    expect_convolution({.in_channels = 128, .out_channels = 3}, 16);
}

TEST_P(CpuInvariance, Linears) {
    expect_linear({.in_features = 320, .out_features = 320}, 64);
    expect_linear({.in_features = 320, .out_features = 1280, .gated = true}, 64);
    expect_linear({.in_features = 320, .out_features = 1280}, 1);
    expect_linear({.in_features = 2560, .out_features = 64}, 30);
    expect_linear({.in_features = 768, .out_features = 320}, 77);
}

TEST_P(CpuInvariance, Attention) {
    for (const std::int64_t tokens : {9, 100}) {
        expect_invariant({1, tokens, 8 * 40}, [](Backend& backend, const Tensor& x) {
            return backend.attention(x, x, x, {.heads = 8});
        });
    }
}

TEST_P(CpuInvariance, Norms) {
    const Tensor gamma = floats(*cpu_, {64}, 1);
    const Tensor beta = floats(*cpu_, {64}, 2);
    expect_invariant({1, 80, 80, 64}, [&](Backend& backend, const Tensor& x) {
        return backend.group_norm(x, gamma, beta, {.activation = Activation::silu});
    });
    expect_invariant({1, 100, 64}, [&](Backend& backend, const Tensor& x) {
        return backend.layer_norm(x, gamma, beta, {});
    });
}

INSTANTIATE_TEST_SUITE_P(Cpu, CpuInvariance, testing::ValuesIn(every_cpu()), cpu_name);

}  // namespace
}  // namespace darkroom::engine
