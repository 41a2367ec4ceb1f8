// SPDX-License-Identifier: Apache-2.0
#include "engine/models/unet/unet.h"

#include <cstring>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cpu/backend.h"
#include "engine/weights/synthetic_source.h"

namespace darkroom::engine {
namespace {

/// Two levels, transformers of two blocks.
UnetConfig deep() {
    using Kind = UnetConfig::InputBlock::Kind;
    UnetConfig config;
    config.model_channels = 32;
    config.context_width = 24;
    config.heads = {.count = 2};
    config.middle_depth = 2;
    config.input_blocks = {
        {Kind::convolution, 32, 0},
        {Kind::residual, 32, 2},
        {Kind::downsample, 32, 0},
        {Kind::residual, 64, 2}};
    config.output_blocks = {{64, 2, false}, {64, 2, true}, {32, 2, false}, {32, 2, false}};
    return config;
}

// Maps of these sizes go through the blocks one by one, by twos with one left, and all together.
TEST(Unet, ASampleIsTheSameInEveryGroup) {
    const auto backend = CpuBackend::make({.threads = 2}).value();
    SyntheticSource source(*backend);
    const Unet unet(source, "", deep());
    const auto input = [&](const Shape& shape) {
        return backend->upload(synthetic_stream("input:groups", shape.numel()), shape);
    };
    const UnetContext one = unet.prepare(input({1, 77, 24}));
    const UnetContext other = unet.prepare(input({1, 154, 24}));
    const std::vector<UnetSample> samples = {{900.5F, &one}, {20.0F, &other}, {3.25F, &one}};
    for (const std::int64_t size : {48, 40, 9}) {
        SCOPED_TRACE(size);
        const Tensor latent = input({3, size, size, 4});
        const Tensor together = unet(latent, samples);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const auto row = static_cast<std::int64_t>(i);
            const Tensor alone = unet(latent.rows(row, row + 1), std::span(samples).subspan(i, 1));
            const Tensor joined = together.rows(row, row + 1);
            EXPECT_EQ(std::memcmp(joined.data(), alone.data(), alone.size_bytes()), 0) << i;
        }
    }
}

}  // namespace
}  // namespace darkroom::engine
