// SPDX-License-Identifier: Apache-2.0
#include "golden/synthetic.h"

#include <cmath>
#include <cstdlib>
#include <memory>

#include "engine/ops/elementwise.h"
#include "engine/ops/feature_map.h"

namespace darkroom::testing {
namespace {

using engine::Backend;
using engine::PackedWeights;
using engine::Shape;
using engine::Tensor;

/// Rule 5: two or more dimensions.
std::vector<float> matrix_values(const std::string& key, const Shape& shape) {
    std::vector<float> values = stream(key, shape.numel());
    const auto gain = static_cast<float>(
        std::sqrt(3.0 / (static_cast<double>(shape.numel()) / static_cast<double>(shape[0]))));
    for (float& value : values) value *= gain;
    return values;
}

std::shared_ptr<std::byte> aligned_bytes(std::size_t size) {
    return {
        static_cast<std::byte*>(std::aligned_alloc(64, (size + 63) / 64 * 64)),
        [](std::byte* bytes) { std::free(bytes); }};
}

}  // namespace

std::vector<float> stream(std::string_view key, std::int64_t count) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : key) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    std::vector<float> values(static_cast<std::size_t>(count));
    std::uint64_t state = hash;
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

PackedWeights SyntheticSource::matrix(
    const std::string& key, const engine::LayerSpec& spec, const Shape& stored_shape) {
    PackedWeights weights;
    weights.spec = spec;
    weights.layout = backend_.layout_of(spec);
    const auto bytes = aligned_bytes(weights.layout.size_bytes);
    backend_.pack(spec, matrix_values(key, stored_shape), {bytes.get(), weights.layout.size_bytes});
    weights.data = bytes.get();
    weights.owner = bytes;
    return weights;
}

Tensor SyntheticSource::vector(const std::string& key, std::int64_t length) {
    std::vector<float> values = stream(key, length);
    const float offset = key.ends_with(".weight") ? 1.0f : 0.0f;
    for (float& value : values) value = offset + 0.1f * value;
    return backend_.upload(values, {length});
}

Tensor SyntheticSource::table(const std::string& key, std::int64_t rows, std::int64_t columns) {
    const Shape shape{rows, columns};
    return engine::ops::cast(
        backend_.upload(matrix_values(key, shape), shape), backend_.compute_dtype());
}

Tensor input_nhwc(Backend& backend, std::string_view name, const Shape& nchw) {
    const std::vector<float> values = stream("input:" + std::string(name), nchw.numel());
    const Tensor tensor = engine::ops::nchw_to_nhwc(backend.upload(values, nchw));
    return engine::ops::cast(tensor, backend.compute_dtype());
}

}  // namespace darkroom::testing
