// SPDX-License-Identifier: Apache-2.0
#include "engine/models/unet/unet.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/local_memory.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"
#include "engine/ops/timestep_embedding.h"

namespace darkroom::engine {
namespace {

/// Pixels, over all samples, that go through a block together. What a block makes of more falls out
/// of the last-level cache before the next layer reads it; with less, weights are read too often.
constexpr std::int64_t kPixelsTogether = 4096;

}  // namespace

std::vector<const SpatialTransformer*> Unet::transformers() const {
    std::vector<const SpatialTransformer*> found;
    for (const std::vector<Block>* part : {&inputs_, &middle_, &outputs_}) {
        for (const Block& block : *part) {
            if (block.transformer) found.push_back(&*block.transformer);
        }
    }
    return found;
}

UnetContext Unet::prepare(const Tensor& tokens) const {
    UnetContext context;
    for (const SpatialTransformer* transformer : transformers()) {
        for (const TransformerBlock& block : transformer->blocks()) {
            context.keys.push_back(block.keys(tokens));
        }
    }
    return context;
}

Unet::Call Unet::begin_call(
    Backend& backend,
    std::span<const UnetSample> samples,
    std::pmr::memory_resource* memory) const {
    Call call{.keys = std::pmr::vector<const ContextKeys*>(memory)};
    std::pmr::vector<float> timesteps(memory);
    timesteps.reserve(samples.size());
    for (const UnetSample& sample : samples)
        timesteps.push_back(sample.timestep);
    const auto n = static_cast<std::int64_t>(samples.size());
    const Tensor sinusoids = ops::cast(
        ops::timestep_embedding(backend, timesteps, config_.model_channels),
        backend.compute_dtype());
    // One row per sample: [n, 1, c], so that no sample shares a matrix product with another.
    const Tensor rows = sinusoids.reshape({n, 1, config_.model_channels});
    const Tensor embedded =
        time_out_(time_in_(rows, {.activation = Activation::silu}), {.wide = true});
    call.embedding = ops::activate(embedded, Activation::silu);

    const std::size_t blocks = samples.empty() ? 0 : samples[0].context->keys.size();
    call.keys.reserve(blocks * samples.size());
    for (std::size_t block = 0; block < blocks; ++block) {
        for (const UnetSample& sample : samples)
            call.keys.push_back(&sample.context->keys[block]);
    }
    return call;
}

Tensor Unet::run(const ResBlock& block, const Tensor& x, const Tensor& embedding) {
    const std::int64_t n = x.shape()[0];
    // The time embedding is added to every pixel: a bias of its own for each sample.
    Tensor bias = block.embedding(embedding, {.wide = true});
    bias = bias.reshape({n, bias.shape()[-1]});
    LocalMemory<8 * sizeof(Tensor)> memory;
    const std::pmr::vector<Tensor> own(
        static_cast<std::size_t>(n),
        block.conv_in.bias().reshape({1, bias.shape()[1]}),
        memory.resource());
    bias = ops::add(bias, ops::concat_samples(own));

    Tensor h = block.conv_in(block.norm_in(x, Activation::silu), {.bias = bias, .wide = true});
    h = block.norm_out(h, Activation::silu);
    const Tensor skip = block.skip ? (*block.skip)(x, {.wide = true}) : x;
    return block.conv_out(h, {.residual = skip});
}

Tensor Unet::run(const Block& block, BlockInput input) {
    Tensor x = std::move(input.x);
    if (input.skip) x = ops::concat_channels(x, input.skip);
    if (block.downsample) x = (*block.downsample)(x, {.wide = true});
    if (block.residual) x = run(*block.residual, x, input.embedding);
    if (block.transformer) x = (*block.transformer)(x, input.keys);
    if (block.upsample) x = (*block.upsample)(x, {.wide = true});
    return x;
}

Tensor Unet::run_in_groups(const Block& block, Tensor x, const Tensor& skip, Call& call) {
    const std::int64_t n = x.shape()[0];
    const std::size_t depth = block.transformer ? block.transformer->blocks().size() : 0;
    const auto samples = static_cast<std::size_t>(n);
    const auto keys = std::span(call.keys).subspan(call.next_keys, depth * samples);
    call.next_keys += keys.size();
    const std::int64_t together =
        std::max<std::int64_t>(1, kPixelsTogether / (x.shape()[1] * x.shape()[2]));
    if (together >= n) return run(block, {std::move(x), skip, call.embedding, keys});

    LocalMemory<std::size_t{2} * 1024> memory;
    std::pmr::vector<Tensor> parts(memory.resource());
    parts.reserve(samples);
    std::pmr::vector<const ContextKeys*> own(memory.resource());
    own.reserve(keys.size());
    for (std::int64_t begin = 0; begin < n; begin += together) {
        const std::int64_t end = std::min(n, begin + together);
        own.clear();
        for (std::size_t i = 0; i < depth; ++i) {
            const auto of_block = keys.subspan(i * samples, samples);
            own.insert(own.end(), of_block.begin() + begin, of_block.begin() + end);
        }
        parts.push_back(
            run(block,
                {.x = x.rows(begin, end),
                 .skip = skip ? skip.rows(begin, end) : Tensor(),
                 .embedding = call.embedding.rows(begin, end),
                 .keys = own}));
    }
    return ops::concat_samples(parts);
}

Tensor Unet::operator()(const Tensor& x, std::span<const UnetSample> samples) const {
    DARKROOM_CHECK(
        x.shape().rank() == 4 && x.shape()[3] == config_.in_channels &&
            x.shape()[0] == static_cast<std::int64_t>(samples.size()) && !samples.empty(),
        "a UNet with {} channels was given {} for {} samples",
        config_.in_channels,
        to_string(x.shape()),
        samples.size());
    // SD1.5 has 16 transformer blocks and 12 skips: room for eight samples.
    LocalMemory<std::size_t{4} * 1024> memory;
    Call call = begin_call(x.backend(), samples, memory.resource());
    std::pmr::vector<Tensor> skips(memory.resource());
    skips.reserve(1 + inputs_.size());
    // Near the end of sampling, rounding x would be noise as strong as what is left to remove.
    Tensor h = in_conv_.unrounded(x);
    skips.push_back(h);
    for (const Block& block : inputs_) {
        h = run_in_groups(block, std::move(h), {}, call);
        skips.push_back(h);
    }
    for (const Block& block : middle_)
        h = run_in_groups(block, std::move(h), {}, call);
    for (const Block& block : outputs_) {
        const Tensor skip = std::move(skips.back());
        skips.pop_back();
        // Sizes that do not halve evenly come back one too large (A1111 resizes to the skip).
        if (h.shape()[1] != skip.shape()[1] || h.shape()[2] != skip.shape()[2]) {
            h = ops::resize_nearest(h, skip.shape()[1], skip.shape()[2]);
        }
        h = run_in_groups(block, std::move(h), skip, call);
    }
    return out_conv_(out_norm_(h, Activation::silu), {.wide = true});
}

}  // namespace darkroom::engine
