// SPDX-License-Identifier: Apache-2.0
#include "base/format.h"
#include "conformance/batched_layers.h"
#include "conformance/random_numbers.h"
#include "engine/ops/attention.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"
#include "engine/ops/matrix.h"

namespace darkroom::engine::conformance {
namespace {

using Inputs = std::vector<Tensor>;

/// An operation that owns no weights.
BatchedOperation plain(std::string name, std::vector<SampleInput> inputs, Operation operation) {
    return {
        .name = std::move(name),
        .inputs = std::move(inputs),
        .prepare = [operation = std::move(operation)](Backend&) { return operation; }};
}

BatchedOperation look_up() {
    return {
        .name = "embedding",
        .inputs = {{.extents = {7}, .dtype = DType::i32}},
        .prepare = [](Backend& backend) -> Operation {
            RandomNumbers numbers(1);
            const Tensor table = ops::cast(
                backend.upload(numbers.normal(10 * 33), Shape{10, 33}), backend.compute_dtype());
            return [table](const Inputs& inputs) { return ops::embedding(table, inputs[0]); };
        }};
}

void append_matrices(std::vector<BatchedOperation>& operations) {
    operations.push_back(convolution({.in_channels = 24, .out_channels = 40}, 7, 5));
    operations.push_back(convolution({.in_channels = 4, .out_channels = 32}, 1, 1));
    operations.push_back(convolution({.in_channels = 32, .out_channels = 8, .stride = 2}, 9, 13));
    operations.push_back(
        convolution({.in_channels = 8, .out_channels = 8, .stride = 2, .pad_before = 0}, 8, 8));
    operations.push_back(
        convolution({.in_channels = 24, .out_channels = 40, .upsampled = true}, 7, 5));
    operations.push_back(matrix({.in_features = 40, .out_features = 96}, 33));
    operations.push_back(matrix({.in_features = 64, .out_features = 64}, 1));
    operations.push_back(matrix({.in_features = 40, .out_features = 33, .gated = true}, 7));
    operations.push_back(look_up());
}

void append_norms_and_attention(std::vector<BatchedOperation>& operations) {
    operations.push_back(group_norm(40, 7, {.groups = 5}));
    operations.push_back(group_norm(64, 1, {.activation = Activation::silu}));
    operations.push_back(layer_norm(33, 7));
    const AttentionExtents odd{.queries = 33, .keys = 77, .channels = 48};
    operations.push_back(attention(odd, {.heads = 2}));
    operations.push_back(attention(odd, {.heads = 6, .causal = true}));
    operations.push_back(attention({.queries = 1, .keys = 1, .channels = 64}, {.heads = 1}));
}

void append_feature_maps(std::vector<BatchedOperation>& operations) {
    const SampleInput map{.extents = {7, 5, 24}};
    operations.push_back(plain("resize_nearest", {map}, [](const Inputs& inputs) {
        return ops::resize_nearest(inputs[0], 13, 3);
    }));
    operations.push_back(plain("concat_channels", {map, map}, [](const Inputs& inputs) {
        return ops::concat_channels(inputs[0], inputs[1]);
    }));
    operations.push_back(plain(
        "nchw_to_nhwc", {map}, [](const Inputs& inputs) { return ops::nchw_to_nhwc(inputs[0]); }));
    operations.push_back(plain(
        "nhwc_to_nchw", {map}, [](const Inputs& inputs) { return ops::nhwc_to_nchw(inputs[0]); }));
}

void append_elementwise(std::vector<BatchedOperation>& operations) {
    for (const DType dtype : {DType::f32, DType::bf16}) {
        const SampleInput odd{.extents = {7, 13}, .dtype = dtype};
        const std::string suffix = format(" of {}", to_string(dtype));
        operations.push_back(plain("add" + suffix, {odd, odd}, [](const Inputs& inputs) {
            return ops::add(inputs[0], inputs[1]);
        }));
        operations.push_back(plain("multiply" + suffix, {odd, odd}, [](const Inputs& inputs) {
            return ops::multiply(inputs[0], inputs[1]);
        }));
        operations.push_back(plain("combine" + suffix, {odd, odd}, [](const Inputs& inputs) {
            return ops::combine(1.7f, inputs[0], -0.3f, inputs[1]);
        }));
        operations.push_back(plain("affine" + suffix, {odd}, [](const Inputs& inputs) {
            return ops::affine(inputs[0], 1.7f, 0.3f);
        }));
        const DType other = dtype == DType::f32 ? DType::bf16 : DType::f32;
        operations.push_back(plain("cast" + suffix, {odd}, [other](const Inputs& inputs) {
            return ops::cast(inputs[0], other);
        }));
    }
    for (const Activation activation :
         {Activation::silu, Activation::gelu, Activation::quick_gelu}) {
        operations.push_back(plain(
            format("activation {}", static_cast<int>(activation)),
            {{.extents = {7, 13}}},
            [activation](const Inputs& inputs) { return ops::activate(inputs[0], activation); }));
    }
    operations.push_back(plain("softmax", {{.extents = {3, 77}}}, [](const Inputs& inputs) {
        return ops::softmax(inputs[0]);
    }));
}

}  // namespace

std::vector<BatchedOperation> small_operations() {
    std::vector<BatchedOperation> operations;
    append_matrices(operations);
    append_norms_and_attention(operations);
    append_feature_maps(operations);
    append_elementwise(operations);
    return operations;
}

}  // namespace darkroom::engine::conformance
