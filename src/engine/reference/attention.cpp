// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/reference/backend.h"
#include "engine/reference/dot.h"

namespace darkroom::engine {
namespace {

/// Replaces values by e^(value - largest) and returns their sum.
double exponentiate(std::span<double> values) {
    const double largest = *std::ranges::max_element(values);
    double sum = 0.0;
    for (double& value : values) {
        value = std::exp(value - largest);
        sum += value;
    }
    return sum;
}

/// One query against its keys: out = softmax(scale q k^T) v over one head.
struct Query {
    const float* q;
    const float* k;
    const float* v;
    float* out;
    std::int64_t keys;
    std::int64_t head_size;
    /// Distance of one token from the next.
    std::int64_t stride;
};

void attend(const Query& query) {
    const double scale = 1.0 / std::sqrt(static_cast<double>(query.head_size));
    std::vector<double> weights(static_cast<std::size_t>(query.keys));
    for (std::size_t key = 0; key < weights.size(); ++key) {
        const float* k = query.k + static_cast<std::int64_t>(key) * query.stride;
        weights[key] = scale * dot(query.q, k, query.head_size);
    }
    const double sum = exponentiate(weights);
    std::vector<double> mixed(static_cast<std::size_t>(query.head_size), 0.0);
    for (std::size_t key = 0; key < weights.size(); ++key) {
        const float* v = query.v + static_cast<std::int64_t>(key) * query.stride;
        for (std::size_t c = 0; c < mixed.size(); ++c) {
            mixed[c] += weights[key] * static_cast<double>(v[c]);
        }
    }
    std::ranges::transform(
        mixed, query.out, [sum](double value) { return static_cast<float>(value / sum); });
}

}  // namespace

Tensor ReferenceBackend::attention(
    const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) {
    const std::int64_t rows = q.shape()[1];
    const std::int64_t keys = k.shape()[1];
    const std::int64_t channels = q.shape()[2];
    const std::int64_t heads = options.heads;
    const std::int64_t head_size = channels / heads;
    const std::int64_t queries = q.shape()[0] * heads * rows;
    Tensor y = empty(q.shape(), DType::f32);
    const float* q_values = q.values<const float>().data();
    const float* k_values = k.values<const float>().data();
    const float* v_values = v.values<const float>().data();
    float* to = y.values<float>().data();
#pragma omp parallel for
    for (std::int64_t i = 0; i < queries; ++i) {
        const std::int64_t row = i % rows;
        const std::int64_t first_channel = i / rows % heads * head_size;
        const std::int64_t sample = i / rows / heads;
        const std::int64_t q_at = (sample * rows + row) * channels + first_channel;
        const std::int64_t k_at = sample * keys * channels + first_channel;
        attend(
            {.q = q_values + q_at,
             .k = k_values + k_at,
             .v = v_values + k_at,
             .out = to + q_at,
             .keys = options.causal ? std::min(keys, row + 1) : keys,
             .head_size = head_size,
             .stride = channels});
    }
    return y;
}

Tensor ReferenceBackend::softmax(const Tensor& x) {
    Tensor y = empty(x.shape(), DType::f32);
    const std::int64_t width = x.shape()[-1];
    if (x.numel() == 0) return y;
    const std::int64_t rows = x.numel() / width;
    const float* from = x.values<const float>().data();
    float* to = y.values<float>().data();
#pragma omp parallel for
    for (std::int64_t row = 0; row < rows; ++row) {
        std::vector<double> values(from + row * width, from + (row + 1) * width);
        const double sum = exponentiate(values);
        std::ranges::transform(values, to + row * width, [sum](double value) {
            return static_cast<float>(value / sum);
        });
    }
    return y;
}

}  // namespace darkroom::engine
