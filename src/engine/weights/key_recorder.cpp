// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/weight_source.h"

namespace darkroom::engine {

PackedWeights KeyRecorder::matrix(
    const std::string& key, const LayerSpec& spec, const Shape& stored_shape) {
    parameters_.push_back({key, stored_shape, Kind::matrix, spec});
    PackedWeights weights;
    weights.spec = spec;
    return weights;
}

Tensor KeyRecorder::vector(const std::string& key, std::int64_t length) {
    parameters_.push_back({key, Shape{length}, Kind::vector, {}});
    return {};
}

Tensor KeyRecorder::table(const std::string& key, std::int64_t rows, std::int64_t columns) {
    parameters_.push_back({key, Shape{rows, columns}, Kind::table, {}});
    return {};
}

}  // namespace darkroom::engine
