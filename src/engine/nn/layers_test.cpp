// SPDX-License-Identifier: Apache-2.0
#include "engine/nn/layers.h"

#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cpu/backend.h"
#include "engine/ops/elementwise.h"
#include "engine/weights/synthetic_source.h"

namespace darkroom::engine {
namespace {

class Unrounded : public testing::Test {
  protected:
    void SetUp() override {
        if (backend_->compute_dtype() != DType::bf16) GTEST_SKIP() << "no bf16 on this CPU";
    }

    /// What a layer makes of inputs that are all `more`, less what it makes of `less`.
    template <class Layer>
    std::vector<float> difference(const Shape& shape, float more, float less, const Layer& layer) {
        const auto count = static_cast<std::size_t>(shape.numel());
        const auto result = [&](float value) {
            return layer(backend_->upload(std::vector<float>(count, value), shape));
        };
        return backend_->download(ops::combine(1.0F, result(more), -1.0F, result(less)));
    }

    /// Both hear of kSmall beside nothing; beside one, which bf16 loses it at, only one does.
    template <class Layer>
    void expect_unrounded(const Shape& shape, const Layer& layer) {
        const auto rounded = [&](const Tensor& x) { return layer(x, {.wide = true}); };
        const auto unrounded = [&](const Tensor& x) { return layer.unrounded(x); };
        const auto small = difference(shape, kSmall, 0.0F, rounded);
        const auto lost = difference(shape, 1.0F + kSmall, 1.0F, rounded);
        const auto kept = difference(shape, 1.0F + kSmall, 1.0F, unrounded);
        for (std::size_t i = 0; i < kept.size(); ++i) {
            EXPECT_NE(small[i], 0.0F);
            EXPECT_EQ(lost[i], 0.0F);
            EXPECT_NEAR(kept[i], small[i], 1e-6F);
        }
    }

    static constexpr float kSmall = 1.0F / 1024;

    std::unique_ptr<CpuBackend> backend_ = CpuBackend::make({.dtype = DType::bf16}).value();
    SyntheticSource source_{*backend_};
};

TEST_F(Unrounded, ALinearHearsWhatBf16WouldLose) {
    expect_unrounded({1, 1, 8}, Linear(source_, "linear", {.in_features = 8, .out_features = 16}));
}

TEST_F(Unrounded, AConvolutionHearsWhatBf16WouldLose) {
    expect_unrounded({1, 3, 3, 4}, Conv2d(source_, "conv", {.in_channels = 4, .out_channels = 16}));
}

}  // namespace
}  // namespace darkroom::engine
