// SPDX-License-Identifier: Apache-2.0
#include "conformance/twins.h"

#include <cmath>
#include <cstdlib>
#include <new>
#include <utility>

#include "base/check.h"

namespace darkroom::engine::conformance {
namespace {

constexpr std::align_val_t kAlignment{64};

std::shared_ptr<std::byte> aligned_bytes(std::size_t size) {
    return {static_cast<std::byte*>(::operator new(size, kAlignment)), [](std::byte* bytes) {
                ::operator delete(bytes, kAlignment);
            }};
}

}  // namespace

std::string name_of(const ::testing::TestParamInfo<BackendKind>& kind) {
    return kind.param.name;
}

std::vector<float> rounded(std::vector<float> values, DType dtype) {
    if (dtype == DType::bf16) {
        for (float& value : values)
            value = to_f32(to_bf16(value));
    }
    return values;
}

PackedWeights packed(Backend& backend, const LayerSpec& spec, std::span<const float> weights) {
    PackedLayout layout = backend.layout_of(spec);
    const auto bytes = aligned_bytes(layout.size_bytes);
    backend.pack(spec, weights, {bytes.get(), layout.size_bytes});
    return {.spec = spec, .layout = std::move(layout), .data = bytes.get(), .owner = bytes};
}

std::int64_t fan_in(const LayerSpec& spec) {
    if (const auto* conv = std::get_if<Conv2dSpec>(&spec)) {
        return conv->in_channels * conv->kernel * conv->kernel;
    }
    return std::get<LinearSpec>(spec).in_features;
}

std::int64_t weight_count(const LayerSpec& spec) {
    const auto* conv = std::get_if<Conv2dSpec>(&spec);
    return fan_in(spec) *
           (conv != nullptr ? conv->out_channels : std::get<LinearSpec>(spec).weight_rows());
}

void Conformance::SetUp() {
    auto backend = make_backend(GetParam(), 2);
    if (!backend) GTEST_SKIP() << backend.error().message;
    tested_ = std::move(backend).value();
}

Twin Conformance::twin(std::vector<float> values, const Shape& shape) {
    const std::vector<float> inputs = rounded(std::move(values), dtype());
    const Tensor tested_f32 = tested_->upload(inputs, shape);
    return {
        .tested = dtype() == DType::f32 ? tested_f32 : tested_->cast(tested_f32, dtype()),
        .reference = reference_.upload(inputs, shape)};
}

Twin Conformance::twin(
    RandomNumbers& numbers, const Shape& shape, const Distribution& distribution) {
    return twin(numbers.normal(shape.numel(), distribution), shape);
}

Twin Conformance::f32_twin(const std::vector<float>& values, const Shape& shape) {
    return {
        .tested = tested_->upload(values, shape), .reference = reference_.upload(values, shape)};
}

Twin Conformance::f32_twin(
    RandomNumbers& numbers, const Shape& shape, const Distribution& distribution) {
    return f32_twin(numbers.normal(shape.numel(), distribution), shape);
}

Twin Conformance::twin_of(DType dtype, RandomNumbers& numbers, const Shape& shape) {
    const Twin twin = f32_twin(rounded(numbers.normal(shape.numel()), dtype), shape);
    if (dtype == DType::f32) return twin;
    return {
        .tested = tested_->cast(twin.tested, dtype),
        .reference = reference_.cast(twin.reference, dtype)};
}

Twin Conformance::id_twin(const std::vector<std::int32_t>& ids, const Shape& shape) {
    return {.tested = tested_->upload(ids, shape), .reference = reference_.upload(ids, shape)};
}

TwinWeights Conformance::weights(RandomNumbers& numbers, const LayerSpec& spec) {
    const float deviation = 1.0f / std::sqrt(static_cast<float>(fan_in(spec)));
    const std::vector<float> values =
        rounded(numbers.normal(weight_count(spec), {.deviation = deviation}), dtype());
    return {
        .tested = packed(*tested_, spec, values), .reference = packed(reference_, spec, values)};
}

void Conformance::expect_close(const Twin& result, Arithmetic arithmetic) {
    ASSERT_EQ(to_string(result.tested.shape()), to_string(result.reference.shape()));
    const std::vector<float> actual = tested_->download(result.tested);
    const std::vector<float> expected = reference_.download(result.reference);
    // What was rounded on the way shows in a wide result, too.
    const DType rounded_to =
        arithmetic == Arithmetic::transformed_sum ? dtype() : result.tested.dtype();
    EXPECT_TRUE(close(actual, expected, tolerance(arithmetic, rounded_to)));
}

Arithmetic arithmetic_of(const Conv2dSpec& spec) {
    return spec.quantisable || spec.upsampled ? Arithmetic::transformed_sum : Arithmetic::sum;
}

}  // namespace darkroom::engine::conformance
