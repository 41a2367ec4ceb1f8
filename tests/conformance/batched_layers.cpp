// SPDX-License-Identifier: Apache-2.0
#include "conformance/batched_layers.h"

#include <cmath>
#include <utility>

#include "base/format.h"
#include "conformance/random_numbers.h"
#include "conformance/twins.h"
#include "engine/ops/attention.h"
#include "engine/ops/matrix.h"

namespace darkroom::engine::conformance {
namespace {

using Inputs = std::vector<Tensor>;

std::vector<float> layer_weights(const LayerSpec& spec) {
    RandomNumbers numbers(1);
    const float deviation = 1.0f / std::sqrt(static_cast<float>(fan_in(spec)));
    return numbers.normal(weight_count(spec), {.deviation = deviation});
}

/// The same layer, free to be quantised by backends that can.
template <class Spec>
Spec bearing_int8(Spec spec) {
    spec.quantisable = true;
    return spec;
}

/// gamma around one and beta around zero, for c channels.
struct Scales {
    Tensor gamma;
    Tensor beta;
};

Scales scales(Backend& backend, std::int64_t channels) {
    RandomNumbers numbers(2);
    return {
        .gamma = backend.upload(numbers.normal(channels, {.mean = 1.0f}), Shape{channels}),
        .beta = backend.upload(numbers.normal(channels), Shape{channels})};
}

}  // namespace

BatchedOperation convolution(const Conv2dSpec& spec, std::int64_t height, std::int64_t width) {
    return {
        .name = format(
            "conv2d {} to {}, kernel {}, stride {}, over {}x{}{}",
            spec.in_channels,
            spec.out_channels,
            spec.kernel,
            spec.stride,
            height,
            width,
            spec.upsampled ? ", upsampled" : ""),
        .inputs =
            {{.extents = {height, width, spec.in_channels}},
             {.extents = {spec.out_channels}, .dtype = DType::f32},
             {.extents =
                  {ops::convolved_extent(spec, height),
                   ops::convolved_extent(spec, width),
                   spec.out_channels}}},
        .prepare = [spec = bearing_int8(spec)](Backend& backend) -> Operation {
            const PackedWeights weights = packed(backend, spec, layer_weights(spec));
            return [weights](const Inputs& inputs) {
                return ops::conv2d(inputs[0], weights, {.bias = inputs[1], .residual = inputs[2]});
            };
        }};
}

BatchedOperation matrix(const LinearSpec& spec, std::int64_t row_count) {
    std::vector<SampleInput> parts{
        {.extents = {row_count, spec.in_features}},
        {.extents = {spec.weight_rows()}, .dtype = DType::f32}};
    if (!spec.gated) parts.push_back({.extents = {row_count, spec.out_features}});
    return {
        .name = format(
            "{} {} to {} over {} rows",
            spec.gated ? "gated linear" : "linear",
            spec.in_features,
            spec.out_features,
            row_count),
        .inputs = std::move(parts),
        .prepare = [spec = bearing_int8(spec)](Backend& backend) -> Operation {
            const PackedWeights weights = packed(backend, spec, layer_weights(spec));
            return [weights](const Inputs& inputs) {
                Epilogue epilogue{.bias = inputs[1]};
                if (inputs.size() > 2) epilogue.residual = inputs[2];
                return ops::linear(inputs[0], weights, epilogue);
            };
        }};
}

BatchedOperation group_norm(
    std::int64_t channels, std::int64_t extent, const GroupNormOptions& options) {
    return {
        .name = format("group_norm of {} channels over {}x{}", channels, extent, extent),
        .inputs = {{.extents = {extent, extent, channels}}},
        .prepare = [channels, options](Backend& backend) -> Operation {
            const Scales by = scales(backend, channels);
            return [by, options](const Inputs& inputs) {
                return ops::group_norm(inputs[0], by.gamma, by.beta, options);
            };
        }};
}

BatchedOperation layer_norm(std::int64_t channels, std::int64_t rows) {
    return {
        .name = format("layer_norm of {} rows of {}", rows, channels),
        .inputs = {{.extents = {rows, channels}}},
        .prepare = [channels](Backend& backend) -> Operation {
            const Scales by = scales(backend, channels);
            return [by](const Inputs& inputs) {
                return ops::layer_norm(inputs[0], by.gamma, by.beta);
            };
        }};
}

BatchedOperation attention(const AttentionExtents& extents, const AttentionOptions& options) {
    const SampleInput keys{.extents = {extents.keys, extents.channels}};
    return {
        .name = format(
            "attention of {} to {} rows of {} in {} heads",
            extents.queries,
            extents.keys,
            extents.channels,
            options.heads),
        .inputs = {{.extents = {extents.queries, extents.channels}}, keys, keys},
        .prepare = [options](Backend&) -> Operation {
            return [options](const Inputs& inputs) {
                return ops::attention(inputs[0], inputs[1], inputs[2], options);
            };
        }};
}

}  // namespace darkroom::engine::conformance
