// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog/architectures.h"

#include <cerrno>
#include <fstream>

#include "base/file.h"
#include "engine/weights/synthetic_source.h"
#include "json/json.h"

namespace darkroom::engine {
namespace {

using Input = UnetConfig::InputBlock;

UnetConfig sd15_unet() {
    constexpr std::int64_t kChannels = 320;
    UnetConfig unet;
    unet.model_channels = kChannels;
    unet.context_width = 768;
    unet.heads = {.count = 8};
    unet.middle_depth = 1;
    unet.input_blocks.push_back({Input::Kind::convolution, kChannels, 0});
    const std::vector<std::int64_t> multipliers = {1, 2, 4, 4};
    for (std::size_t level = 0; level < multipliers.size(); ++level) {
        const std::int64_t channels = kChannels * multipliers[level];
        const bool coarsest = level + 1 == multipliers.size();
        const std::int64_t depth = coarsest ? 0 : 1;
        for (int i = 0; i < 2; ++i) {
            unet.input_blocks.push_back({Input::Kind::residual, channels, depth});
        }
        if (!coarsest) unet.input_blocks.push_back({Input::Kind::downsample, channels, 0});
    }
    for (std::size_t level = multipliers.size(); level-- > 0;) {
        const std::int64_t depth = level + 1 == multipliers.size() ? 0 : 1;
        for (int i = 0; i < 3; ++i) {
            unet.output_blocks.push_back(
                {kChannels * multipliers[level], depth, i == 2 && level > 0});
        }
    }
    return unet;
}

std::string safetensors_header(const std::vector<KeyRecorder::Parameter>& parameters) {
    json::Object header;
    std::uint64_t offset = 0;
    for (const KeyRecorder::Parameter& parameter : parameters) {
        json::Array shape;
        for (int i = 0; i < parameter.shape.rank(); ++i)
            shape.emplace_back(parameter.shape[i]);
        const std::uint64_t end =
            offset + static_cast<std::uint64_t>(parameter.shape.numel()) * size_of(DType::f16);
        header.append(
            parameter.key,
            json::Object{
                {"dtype", "F16"},
                {"shape", std::move(shape)},
                {"data_offsets", json::Array{offset, end}}});
        offset = end;
    }
    std::string text = json::dump(header);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    return text;
}

}  // namespace

CheckpointConfig sd15_config() {
    CheckpointConfig config;
    config.unet = sd15_unet();
    config.vae.level_channels = {128, 256, 512, 512};
    config.text = {
        .width = 768,
        .feed_forward = 3072,
        .layers = 12,
        .heads = 12,
        .vocabulary = 49408,
        .positions = 77};
    return config;
}

Result<void> write_synthetic_checkpoint(
    const CheckpointConfig& config, const std::filesystem::path& path) {
    const std::vector<KeyRecorder::Parameter> parameters = expected_parameters(config);
    std::ofstream file(path, std::ios::binary);
    const std::string header = safetensors_header(parameters);
    const std::uint64_t length = header.size();
    file.write(reinterpret_cast<const char*>(&length), sizeof length);
    file << header;
    std::vector<std::uint16_t> halves;
    for (const KeyRecorder::Parameter& parameter : parameters) {
        halves.clear();
        for (const float value : synthetic_parameter(parameter.key, parameter.shape)) {
            halves.push_back(f32_to_f16(value));
        }
        file.write(
            reinterpret_cast<const char*>(halves.data()),
            static_cast<std::streamsize>(halves.size() * sizeof(std::uint16_t)));
    }
    file.close();
    if (!file) return system_error("cannot write", path, errno);
    return {};
}

}  // namespace darkroom::engine
