// SPDX-License-Identifier: Apache-2.0
#include "conformance/batched_layers.h"

namespace darkroom::engine::conformance {
namespace {

struct Channels {
    std::int64_t in;
    std::int64_t out;
};

}  // namespace

std::vector<BatchedOperation> sd15_convolutions() {
    std::vector<BatchedOperation> layers;
    // UNet, then VAE. The widest layers are those of the 8x8 level.
    for (const auto& [in, out] : std::vector<Channels>{
             {4, 320},
             {320, 320},
             {320, 640},
             {320, 4},
             {960, 320},
             {640, 320},
             {4, 512},
             {256, 256},
             {256, 128},
             {128, 128},
             {128, 3},
             {3, 128},
             {128, 256},
             {512, 8}}) {
        layers.push_back(convolution({.in_channels = in, .out_channels = out}, 16, 16));
    }
    for (const auto& [in, out] : std::vector<Channels>{
             {640, 640},
             {640, 1280},
             {1280, 640},
             {960, 640},
             {1920, 640},
             {1280, 1280},
             {1920, 1280},
             {2560, 1280},
             {512, 512},
             {512, 256},
             {256, 512}}) {
        layers.push_back(convolution({.in_channels = in, .out_channels = out}, 8, 8));
    }
    for (const std::int64_t channels : {320, 640, 1280}) {
        const Conv2dSpec down{.in_channels = channels, .out_channels = channels, .stride = 2};
        layers.push_back(convolution(down, 16, 16));
    }
    for (const std::int64_t channels : {128, 256, 512}) {
        const Conv2dSpec down{
            .in_channels = channels, .out_channels = channels, .stride = 2, .pad_before = 0};
        layers.push_back(convolution(down, 16, 16));
    }
    for (const std::int64_t channels : {256, 512, 640, 1280}) {
        const Conv2dSpec up{.in_channels = channels, .out_channels = channels, .upsampled = true};
        layers.push_back(convolution(up, 8, 8));
    }
    return layers;
}

std::vector<BatchedOperation> sd15_linears() {
    std::vector<BatchedOperation> layers;
    constexpr std::int64_t kPixels = 64;
    constexpr std::int64_t kTokens = 77;
    const auto append = [&layers](std::int64_t rows, const std::vector<Channels>& shapes) {
        for (const auto& [in, out] : shapes) {
            layers.push_back(matrix({.in_features = in, .out_features = out}, rows));
        }
    };
    // Time embedding and what ResBlocks make of it.
    append(1, {{320, 1280}, {1280, 1280}, {1280, 320}, {1280, 640}});
    // Projections of attention, feed-forward and skips.
    for (const std::int64_t channels : {320, 640, 1280}) {
        layers.push_back(matrix(
            {.in_features = channels, .out_features = 4 * channels, .gated = true}, kPixels));
    }
    append(
        kPixels, {{320, 320},  {640, 640},   {1280, 1280}, {1280, 320}, {2560, 640}, {5120, 1280},
                  {320, 640},  {640, 1280},  {960, 320},   {640, 320},  {960, 640},  {1280, 640},
                  {1920, 640}, {1920, 1280}, {2560, 1280}, {512, 512},  {512, 256},  {256, 128},
                  {128, 256},  {256, 512},   {4, 4},       {8, 8}});
    // The context's keys and values, and the text encoder.
    append(kTokens, {{768, 320}, {768, 640}, {768, 1280}, {768, 768}, {768, 3072}, {3072, 768}});
    return layers;
}

std::vector<BatchedOperation> sd15_norms() {
    std::vector<BatchedOperation> layers;
    for (const std::int64_t channels : {128, 256, 320, 512, 640, 960, 1280, 1920, 2560}) {
        layers.push_back(group_norm(channels, 16, {.activation = Activation::silu}));
    }
    for (const std::int64_t channels : {320, 512, 640, 1280}) {
        layers.push_back(group_norm(channels, 8, {.epsilon = 1e-6f}));
    }
    for (const std::int64_t channels : {320, 640, 768, 1280}) {
        layers.push_back(layer_norm(channels, 77));
    }
    return layers;
}

std::vector<BatchedOperation> sd15_attentions() {
    std::vector<BatchedOperation> layers;
    constexpr std::int64_t kPixels = 256;
    for (const std::int64_t channels : {320, 640, 1280}) {
        for (const std::int64_t keys : {kPixels, std::int64_t{77}, std::int64_t{154}}) {
            layers.push_back(
                attention({.queries = kPixels, .keys = keys, .channels = channels}, {.heads = 8}));
        }
    }
    layers.push_back(
        attention({.queries = 77, .keys = 77, .channels = 768}, {.heads = 12, .causal = true}));
    layers.push_back(
        attention({.queries = kPixels, .keys = kPixels, .channels = 512}, {.heads = 1}));
    return layers;
}

}  // namespace darkroom::engine::conformance
