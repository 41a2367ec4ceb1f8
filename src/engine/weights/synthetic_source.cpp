// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/synthetic_source.h"

#include <cmath>
#include <memory>
#include <new>

namespace darkroom::engine {
namespace {

std::shared_ptr<std::byte> aligned_bytes(std::size_t size) {
    constexpr std::align_val_t kAlignment{64};
    auto* bytes = static_cast<std::byte*>(::operator new(size, kAlignment));
    return {bytes, [](std::byte* held) { ::operator delete(held, kAlignment); }};
}

}  // namespace

std::vector<float> synthetic_stream(std::string_view key, std::int64_t count) {
    std::uint64_t state = 0xcbf29ce484222325u;
    for (const char c : key)
        state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
        state += 0x9E3779B97F4A7C15u;
        std::uint64_t z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        value = static_cast<float>(static_cast<double>(z >> 40) * 0x1p-23 - 1.0);
    }
    return values;
}

std::vector<float> synthetic_parameter(const std::string& key, const Shape& shape) {
    std::vector<float> values = synthetic_stream(key, shape.numel());
    float gain = 0.1F;
    float offset = 0.0F;
    if (shape.rank() >= 2) {
        const double fan_in = static_cast<double>(shape.numel()) / static_cast<double>(shape[0]);
        gain = static_cast<float>(std::sqrt(3.0 / fan_in));
    } else if (key.ends_with(".weight")) {
        offset = 1.0F;
    }
    for (float& value : values)
        value = offset + gain * value;
    return values;
}

PackedWeights SyntheticSource::matrix(
    const std::string& key, const LayerSpec& spec, const Shape& stored_shape) {
    PackedWeights weights;
    weights.spec = spec;
    weights.layout = backend_.layout_of(spec);
    const auto bytes = aligned_bytes(weights.layout.size_bytes);
    backend_.pack(
        spec, synthetic_parameter(key, stored_shape), {bytes.get(), weights.layout.size_bytes});
    weights.data = bytes.get();
    weights.owner = bytes;
    return weights;
}

Tensor SyntheticSource::vector(const std::string& key, std::int64_t length) {
    return backend_.upload(synthetic_parameter(key, {length}), {length});
}

Tensor SyntheticSource::table(const std::string& key, std::int64_t rows, std::int64_t columns) {
    const Shape shape{rows, columns};
    const Tensor table = backend_.upload(synthetic_parameter(key, shape), shape);
    return backend_.cast(table, backend_.compute_dtype());
}

}  // namespace darkroom::engine
