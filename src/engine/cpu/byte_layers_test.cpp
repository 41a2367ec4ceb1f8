// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "engine/cpu/test_support.h"

namespace darkroom::engine {
namespace {

using testing::Each;
using testing::HasSubstr;

/// Every instruction set of this machine with int8 over f32, with and without VNNI, and the best
/// one over bf16.
std::vector<CpuOptions> every_int8_cpu() {
    std::vector<CpuOptions> all = every_cpu();
    for (CpuOptions& options : all)
        options.int8 = true;
    for (const InstructionSet set : {InstructionSet::avx2, InstructionSet::avx512}) {
        if (!has_byte_products(set)) continue;
        all.push_back({.instruction_set = set, .dtype = DType::f32, .int8 = true, .vnni = false});
    }
    return all;
}

std::string int8_name(const testing::TestParamInfo<CpuOptions>& info) {
    return cpu_name(info) + (info.param.vnni ? "" : "_without_vnni");
}

/// Whole numbers in [-limit, limit] that look random.
std::vector<float> whole_numbers(std::int64_t count, std::uint32_t seed, float limit) {
    std::vector<float> values = noise(count, seed);
    for (float& value : values)
        value = std::trunc(value * (limit + 1.0f));
    return values;
}

/// What a row of numbers stands for once it was rounded to bytes: the definition, number by number.
void round_as_bytes(std::span<float> row) {
    float low = 0.0f;
    float high = 0.0f;
    for (const float value : row) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    const float inverse = 255.0f / (high - low);
    const float zero = std::nearbyint(-low * inverse);
    for (float& value : row) {
        const float byte = std::clamp(std::nearbyint(value * inverse) + zero, 0.0f, 255.0f);
        value = (byte - zero) * ((high - low) / 255.0f);
    }
}

/// The same for one output's weights.
void round_weights(std::span<float> weights) {
    float largest = 0.0f;
    for (const float weight : weights)
        largest = std::max(largest, std::abs(weight));
    for (float& weight : weights)
        weight = std::nearbyint(weight * (127.0f / largest)) * (largest / 127.0f);
}

class ByteLayers : public CpuAgainstReference {
  protected:
    struct Packed {
        PackedWeights tested;
        PackedWeights reference;
    };

    static PackedWeights pack(
        Backend& backend, const LayerSpec& spec, const std::vector<float>& values) {
        PackedWeights weights;
        weights.spec = spec;
        weights.layout = backend.layout_of(spec);
        const std::size_t bytes = weights.layout.size_bytes;
        auto* memory = static_cast<std::byte*>(::operator new (bytes, std::align_val_t{64}));
        weights.owner = std::shared_ptr<std::byte>(
            memory, [](std::byte* data) { ::operator delete (data, std::align_val_t{64}); });
        weights.data = memory;
        backend.pack(spec, values, {memory, bytes});
        return weights;
    }

    Tensor operand(const std::vector<float>& values, const Shape& shape) {
        return cpu_->cast(cpu_->upload(std::span(values), shape), cpu_->compute_dtype());
    }

    /// Inputs that bytes hold exactly: each row has a zero, and a range of 255.
    static std::vector<float> byte_inputs(const Shape& shape) {
        std::vector<float> values = whole_numbers(shape.numel(), 3, 100.0f);
        const auto channels = static_cast<std::size_t>(shape[-1]);
        for (std::size_t row = 0; row < values.size(); row += channels) {
            values[row + row / channels % channels] = 155.0f;
            values[row + (row / channels + 1) % channels] = -100.0f;
        }
        return values;
    }

    /// Weights that bytes hold exactly: one of each output is 127.
    static std::vector<float> byte_weights(std::int64_t outputs, std::int64_t depth) {
        std::vector<float> values = whole_numbers(outputs * depth, 4, 3.0f);
        for (std::int64_t n = 0; n < outputs; ++n)
            values[static_cast<std::size_t>(n * depth + n % depth)] = 127.0f;
        return values;
    }

    /// The same for kernels of three by three whose taps are added up. In one channel of each
    /// output only the first two are not zero: they meet in results of odd columns, whose step is 2
    /// then. Every other output has but one, in the middle.
    static std::vector<float> foldable_weights(std::int64_t outputs, std::int64_t channels) {
        std::vector<float> values = whole_numbers(outputs * channels * 9, 4, 1.0f);
        for (float& value : values)
            value *= 2.0f;
        for (std::int64_t n = 0; n < outputs; ++n) {
            const auto taps = values.begin() + (n * channels + n % channels) * 9;
            std::fill_n(taps, 9, 0.0f);
            if (n % 2 == 0) {
                taps[0] = 127.0f;
                taps[1] = 127.0f;
            } else {
                taps[4] = 127.0f;
            }
        }
        return values;
    }

    void expect_exact_convolution(const Conv2dSpec& spec, const Shape& shape) {
        SCOPED_TRACE(to_string(shape));
        const std::vector<float> inputs = byte_inputs(shape);
        const std::vector<float> values =
            spec.upsampled
                ? foldable_weights(spec.out_channels, spec.in_channels)
                : byte_weights(spec.out_channels, spec.in_channels * spec.kernel * spec.kernel);
        const Tensor result =
            cpu_->conv2d(operand(inputs, shape), pack(*cpu_, spec, values), {.wide = true});
        const Tensor expected = reference_.conv2d(
            reference_.upload(std::span(inputs), shape), pack(reference_, spec, values), {});
        EXPECT_EQ(cpu_->download(result), reference_.download(expected));
    }

    void expect_exact_linear(const LinearSpec& spec, std::int64_t rows) {
        SCOPED_TRACE(rows);
        const Shape shape{1, rows, spec.in_features};
        const std::vector<float> inputs = byte_inputs(shape);
        const std::vector<float> values = byte_weights(spec.out_features, spec.in_features);
        const Tensor result =
            cpu_->linear(operand(inputs, shape), pack(*cpu_, spec, values), {.wide = true});
        const Tensor expected = reference_.linear(
            reference_.upload(std::span(inputs), shape), pack(reference_, spec, values), {});
        EXPECT_EQ(cpu_->download(result), reference_.download(expected));
    }
};

// Whole numbers are summed exactly by every instruction set, so all of them agree with plain loops.
TEST_P(ByteLayers, SumWholeNumbersExactlyInConvolutions) {
    expect_exact_convolution(
        {.in_channels = 32, .out_channels = 48, .quantisable = true}, {2, 9, 7, 32});
    expect_exact_convolution(
        {.in_channels = 9, .out_channels = 17, .quantisable = true}, {2, 6, 6, 9});
    expect_exact_convolution(
        {.in_channels = 40, .out_channels = 80, .stride = 2, .quantisable = true}, {1, 10, 7, 40});
    expect_exact_convolution(
        {.in_channels = 16,
         .out_channels = 24,
         .stride = 2,
         .pad_before = 0,
         .pad_after = 1,
         .quantisable = true},
        {1, 12, 12, 16});
    expect_exact_convolution(
        {.in_channels = 1030, .out_channels = 20, .quantisable = true}, {1, 3, 3, 1030});
    expect_exact_convolution(
        {.in_channels = 32, .out_channels = 48, .quantisable = true, .upsampled = true},
        {2, 9, 7, 32});
    expect_exact_convolution(
        {.in_channels = 9, .out_channels = 17, .quantisable = true, .upsampled = true},
        {3, 4, 5, 9});
}

TEST_P(ByteLayers, SumWholeNumbersExactlyInLinears) {
    for (const std::int64_t rows : {1, 2, 3, 5, 11, 12, 23, 77, 97, 200}) {
        expect_exact_linear({.in_features = 64, .out_features = 160, .quantisable = true}, rows);
    }
    expect_exact_linear({.in_features = 45, .out_features = 70, .quantisable = true}, 13);
    expect_exact_linear({.in_features = 5120, .out_features = 33, .quantisable = true}, 7);
}

TEST_P(ByteLayers, RoundEachPixelAndEachOutputByItsOwnRange) {
    const Conv2dSpec spec{.in_channels = 24, .out_channels = 37, .quantisable = true};
    const Shape shape{2, 5, 6, 24};
    std::vector<float> inputs = noise(shape.numel(), 1);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        // Pixels of very different sizes.
        inputs[i] *= std::exp2(static_cast<float>(i / 24 % 9) - 4.0f);
        if (cpu_->compute_dtype() == DType::bf16) inputs[i] = to_f32(to_bf16(inputs[i]));
    }
    std::vector<float> values = noise(std::int64_t{37} * 24 * 9, 2);
    const Tensor x = operand(inputs, shape);
    const PackedWeights tested = pack(*cpu_, spec, values);
    for (std::size_t row = 0; row < inputs.size(); row += 24)
        round_as_bytes(std::span(inputs).subspan(row, 24));
    for (std::size_t row = 0; row < values.size(); row += 24 * 9)
        round_weights(std::span(values).subspan(row, 24 * 9));
    const PackedWeights reference = pack(reference_, spec, values);
    for (const Activation activation : {Activation::none, Activation::silu}) {
        expect_same(
            [&](Backend& backend) {
                const bool is_tested = &backend == cpu_.get();
                return backend.conv2d(
                    is_tested ? x : reference_.upload(std::span(inputs), shape),
                    is_tested ? tested : reference,
                    {.bias = floats(backend, {2, 37}, 5),
                     .activation = activation,
                     .residual = tensor(backend, {2, 5, 6, 37}, 6)});
            },
            100.0f);
    }
}

TEST_P(ByteLayers, AreTheSameWithoutVnni) {
    if (cpu_->compute_dtype() == DType::bf16) GTEST_SKIP() << "a CPU with bf16 has VNNI";
    CpuOptions options = GetParam();
    options.vnni = !options.vnni;
    const auto other = CpuBackend::make(options).value();
    const LinearSpec spec{.in_features = 320, .out_features = 70, .quantisable = true};
    const std::vector<float> inputs = noise(std::int64_t{30} * 320, 1);
    const std::vector<float> weights = noise(std::int64_t{70} * 320, 2);
    const auto run = [&](Backend& backend) {
        const Tensor x = backend.upload(std::span(inputs), {1, 30, 320});
        return backend.download(backend.linear(x, pack(backend, spec, weights), {}));
    };
    EXPECT_EQ(run(*cpu_), run(*other));
}

TEST_P(ByteLayers, NothingComesOfNothing) {
    const LinearSpec spec{.in_features = 16, .out_features = 16, .quantisable = true};
    const std::vector<float> zeros(32, 0.0f);
    const Tensor x = operand(zeros, {1, 2, 16});
    const std::vector<float> weights(256, 0.0f);
    for (const PackedWeights& packed :
         {pack(*cpu_, spec, weights), pack(*cpu_, spec, byte_weights(16, 16))}) {
        EXPECT_EQ(cpu_->download(cpu_->linear(x, packed, {})), zeros);
    }
}

TEST_P(ByteLayers, AnInfiniteNumberSpoilsItsOwnRowOnly) {
    const LinearSpec spec{.in_features = 37, .out_features = 8, .quantisable = true};
    const PackedWeights weights = pack(*cpu_, spec, byte_weights(8, 37));
    for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
        for (const std::size_t at : {std::size_t{0}, std::size_t{36}}) {
            std::vector<float> inputs = byte_inputs({1, 3, 37});
            inputs[37 + at] = bad;
            const Tensor result =
                cpu_->linear(operand(inputs, {1, 3, 37}), weights, {.wide = true});
            const std::vector<float> values = cpu_->download(result);
            for (std::size_t i = 0; i < values.size(); ++i)
                EXPECT_EQ(std::isfinite(values[i]), i / 8 != 1) << bad << " at " << at;
        }
    }
}

TEST_P(ByteLayers, WeightsWhoseSumIsInfiniteAreNothing) {
    const Conv2dSpec spec{
        .in_channels = 16, .out_channels = 16, .quantisable = true, .upsampled = true};
    const std::vector<float> weights(16 * 16 * 9, 3e38f);
    const std::vector<float> values = cpu_->download(cpu_->conv2d(
        operand(byte_inputs({1, 2, 2, 16}), {1, 2, 2, 16}), pack(*cpu_, spec, weights), {}));
    EXPECT_THAT(values, Each(0.0f));
}

TEST_P(ByteLayers, TakeAByteForAWeight) {
    const Conv2dSpec conv{.in_channels = 960, .out_channels = 320, .quantisable = true};
    const std::size_t columns = 320 * (sizeof(float) + 9 * sizeof(std::int32_t));
    EXPECT_EQ(cpu_->layout_of(conv).size_bytes, 960 * 320 * 9 + columns);
    EXPECT_THAT(cpu_->layout_of(conv).tag, HasSubstr("int8"));
}

TEST_P(ByteLayers, LeaveOtherLayersAsTheyAre) {
    CpuOptions options = GetParam();
    options.int8 = false;
    const auto plain = CpuBackend::make(options).value();
    const LayerSpec kept[] = {
        Conv2dSpec{.in_channels = 4, .out_channels = 320},
        LinearSpec{.in_features = 320, .out_features = 320},
        // Too deep for sums of 32 bits.
        LinearSpec{.in_features = 70000, .out_features = 1, .quantisable = true}};
    for (const LayerSpec& spec : kept) {
        EXPECT_EQ(cpu_->layout_of(spec).tag, plain->layout_of(spec).tag);
        EXPECT_EQ(cpu_->layout_of(spec).size_bytes, plain->layout_of(spec).size_bytes);
    }
    const LinearSpec spec{.in_features = 320, .out_features = 320, .quantisable = true};
    EXPECT_NE(cpu_->layout_of(spec).tag, plain->layout_of(spec).tag);
    EXPECT_NE(cpu_->fingerprint(), plain->fingerprint());
    EXPECT_EQ(cpu_->precision(), "int8");
    EXPECT_EQ(plain->precision(), to_string(plain->compute_dtype()));
}

INSTANTIATE_TEST_SUITE_P(Cpu, ByteLayers, testing::ValuesIn(every_int8_cpu()), int8_name);

TEST(CpuBackend, SaysWhenInt8IsSlow) {
    const auto slow =
        CpuBackend::make({.instruction_set = InstructionSet::portable, .int8 = true}).value();
    EXPECT_THAT(slow->note(), HasSubstr("VNNI"));
    const auto best = CpuBackend::make({.int8 = true}).value();
    EXPECT_EQ(best->note().empty(), has_byte_products(detect_instruction_set()));
}

}  // namespace
}  // namespace darkroom::engine
