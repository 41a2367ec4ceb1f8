// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/matrix.h"

#include "base/format.h"
#include "conformance/twins.h"

namespace darkroom::engine::conformance {
namespace {

struct TwinEpilogue {
    Epilogue tested;
    Epilogue reference;
};

enum class BiasKind { none, shared, per_sample };

struct EpilogueKind {
    BiasKind bias = BiasKind::none;
    Activation activation = Activation::none;
    bool has_residual = false;
    bool wide = false;
};

EpilogueKind random_epilogue(RandomNumbers& numbers) {
    return {
        .bias = numbers.one_of({BiasKind::none, BiasKind::shared, BiasKind::per_sample}),
        .activation = numbers.one_of(
            {Activation::none, Activation::silu, Activation::gelu, Activation::quick_gelu}),
        .has_residual = numbers.below(2) == 1,
        .wide = numbers.below(2) == 1};
}

std::string describe(const EpilogueKind& kind) {
    return format(
        "bias kind {}, activation {}, residual {}, wide {}",
        static_cast<int>(kind.bias),
        static_cast<int>(kind.activation),
        kind.has_residual,
        kind.wide);
}

class MatrixConformance : public Conformance {
  protected:
    TwinEpilogue epilogue(RandomNumbers& numbers, const EpilogueKind& kind, const Shape& result) {
        TwinEpilogue epilogues;
        epilogues.tested.activation = epilogues.reference.activation = kind.activation;
        epilogues.tested.wide = kind.wide;
        if (kind.bias != BiasKind::none) {
            const bool is_shared = kind.bias == BiasKind::shared;
            const Twin bias =
                f32_twin(numbers, is_shared ? Shape{result[-1]} : Shape{result[0], result[-1]});
            epilogues.tested.bias = bias.tested;
            epilogues.reference.bias = bias.reference;
        }
        if (kind.has_residual) {
            const Twin residual = kind.wide ? f32_twin(numbers, result) : twin(numbers, result);
            epilogues.tested.residual = residual.tested;
            epilogues.reference.residual = residual.reference;
        }
        return epilogues;
    }

    void check_conv2d(
        const Shape& input, const Conv2dSpec& spec, const EpilogueKind& kind, std::uint64_t seed) {
        SCOPED_TRACE(format(
            "seed {}: {} to {} channels, kernel {}, stride {}, pad {} and {}, {} times; {}",
            seed,
            to_string(input),
            spec.out_channels,
            spec.kernel,
            spec.stride,
            spec.pad_before,
            spec.pad_after,
            spec.growth(),
            describe(kind)));
        RandomNumbers numbers(seed);
        const Twin x = twin(numbers, input);
        const TwinWeights matrix = weights(numbers, spec);
        const Shape result{
            input[0],
            ops::convolved_extent(spec, input[1]),
            ops::convolved_extent(spec, input[2]),
            spec.out_channels};
        const TwinEpilogue after = epilogue(numbers, kind, result);
        expect_close(
            {.tested = ops::conv2d(x.tested, matrix.tested, after.tested),
             .reference = ops::conv2d(x.reference, matrix.reference, after.reference)},
            arithmetic_of(spec));
    }

    void check_linear(
        const Shape& input,
        std::int64_t out_features,
        const EpilogueKind& kind,
        std::uint64_t seed) {
        SCOPED_TRACE(
            format("seed {}: {} to {}; {}", seed, to_string(input), out_features, describe(kind)));
        RandomNumbers numbers(seed);
        const LinearSpec spec{.in_features = input[-1], .out_features = out_features};
        const Twin x = twin(numbers, input);
        const TwinWeights matrix = weights(numbers, spec);
        const TwinEpilogue after = epilogue(numbers, kind, input.with(-1, out_features));
        expect_close(
            {.tested = ops::linear(x.tested, matrix.tested, after.tested),
             .reference = ops::linear(x.reference, matrix.reference, after.reference)},
            Arithmetic::sum);
    }
};

TEST_P(MatrixConformance, Conv2dOfTheShapesThatNetworksHave) {
    const EpilogueKind biased{.bias = BiasKind::shared};
    check_conv2d({1, 65, 63, 4}, {.in_channels = 4, .out_channels = 320}, biased, 1);
    check_conv2d({1, 16, 16, 320}, {.in_channels = 320, .out_channels = 4}, biased, 2);
    check_conv2d({1, 9, 8, 9}, {.in_channels = 9, .out_channels = 320}, biased, 3);
    check_conv2d({1, 24, 20, 128}, {.in_channels = 128, .out_channels = 3}, biased, 4);
    check_conv2d({1, 24, 20, 3}, {.in_channels = 3, .out_channels = 128}, biased, 5);
    check_conv2d({2, 8, 8, 640}, {.in_channels = 640, .out_channels = 320}, biased, 6);
    check_conv2d({1, 1, 1, 320}, {.in_channels = 320, .out_channels = 64}, biased, 7);
    check_conv2d({2, 8, 8, 320}, {.in_channels = 320, .out_channels = 320, .stride = 2}, biased, 8);
}

TEST_P(MatrixConformance, Conv2dWithEveryEpilogue) {
    std::uint64_t seed = 100;
    for (const BiasKind bias : {BiasKind::none, BiasKind::shared, BiasKind::per_sample}) {
        for (const Activation activation :
             {Activation::none, Activation::silu, Activation::gelu, Activation::quick_gelu}) {
            for (const int more : {0, 1, 2, 3}) {
                const EpilogueKind kind{
                    .bias = bias,
                    .activation = activation,
                    .has_residual = (more & 1) != 0,
                    .wide = (more & 2) != 0};
                check_conv2d({3, 7, 5, 24}, {.in_channels = 24, .out_channels = 40}, kind, ++seed);
            }
        }
    }
}

TEST_P(MatrixConformance, Conv2dPadsAsymmetrically) {
    const Conv2dSpec vae_down{
        .in_channels = 32, .out_channels = 32, .stride = 2, .pad_before = 0, .pad_after = 1};
    check_conv2d({1, 12, 10, 32}, vae_down, {}, 200);
    check_conv2d({2, 7, 5, 32}, vae_down, {}, 201);
    const Conv2dSpec leading{.in_channels = 8, .out_channels = 24, .pad_before = 2, .pad_after = 0};
    check_conv2d({1, 7, 5, 8}, leading, {}, 202);
}

TEST_P(MatrixConformance, Conv2dOfUpsampledPictures) {
    for (std::uint64_t seed = 250; seed < 270; ++seed) {
        RandomNumbers numbers(seed);
        Conv2dSpec spec;
        spec.upsampled = true;
        spec.in_channels = numbers.one_of<std::int64_t>({3, 8, 24, 64, 320});
        spec.out_channels = numbers.one_of<std::int64_t>({4, 8, 40, 64, 320});
        const Shape input{
            1 + numbers.below(3), 1 + numbers.below(20), 1 + numbers.below(20), spec.in_channels};
        check_conv2d(input, spec, random_epilogue(numbers), seed);
    }
}

TEST_P(MatrixConformance, Conv2dThatBearsMoreRounding) {
    for (std::uint64_t seed = 270; seed < 280; ++seed) {
        RandomNumbers numbers(seed);
        Conv2dSpec spec;
        spec.quantisable = true;
        spec.in_channels = numbers.one_of<std::int64_t>({256, 320, 640, 960});
        spec.out_channels = numbers.one_of<std::int64_t>({256, 320, 640});
        const Shape input{
            1 + numbers.below(3), 1 + numbers.below(12), 1 + numbers.below(12), spec.in_channels};
        check_conv2d(input, spec, random_epilogue(numbers), seed);
    }
}

TEST_P(MatrixConformance, Conv2dOfRandomShapes) {
    for (std::uint64_t seed = 300; seed < 340; ++seed) {
        RandomNumbers numbers(seed);
        Conv2dSpec spec;
        spec.in_channels = numbers.one_of<std::int64_t>({4, 8, 24, 32, 40, 64, 96, 320});
        spec.out_channels = numbers.one_of<std::int64_t>({4, 8, 24, 32, 40, 64, 96, 320});
        spec.kernel = numbers.one_of<std::int64_t>({1, 3, 3, 3});
        spec.stride = numbers.one_of<std::int64_t>({1, 1, 2});
        spec.pad_before = spec.kernel == 1 ? 0 : numbers.below(2);
        spec.pad_after = spec.kernel == 1 ? 0 : numbers.below(2);
        const Shape input{
            1 + numbers.below(3), 3 + numbers.below(20), 3 + numbers.below(20), spec.in_channels};
        check_conv2d(input, spec, random_epilogue(numbers), seed);
    }
}

TEST_P(MatrixConformance, LinearOfTheShapesThatNetworksHave) {
    const EpilogueKind biased{.bias = BiasKind::shared};
    check_linear({2, 1, 320}, 1280, biased, 400);
    check_linear({2, 77, 768}, 320, {}, 401);
    check_linear(
        {1, 77, 768}, 3072, {.bias = BiasKind::shared, .activation = Activation::quick_gelu}, 402);
    check_linear({1, 33, 320}, 2560, biased, 403);
    check_linear({1, 33, 1280}, 320, {.bias = BiasKind::shared, .has_residual = true}, 404);
    check_linear({1, 65 * 63, 64}, 24, biased, 405);
    check_linear({1, 7, 5, 4}, 4, biased, 406);
    check_linear({1, 1, 1}, 1, biased, 407);
}

TEST_P(MatrixConformance, LinearWithEveryEpilogue) {
    std::uint64_t seed = 500;
    for (const BiasKind bias : {BiasKind::none, BiasKind::shared, BiasKind::per_sample}) {
        for (const Activation activation :
             {Activation::none, Activation::silu, Activation::gelu, Activation::quick_gelu}) {
            for (const int more : {0, 1, 2, 3}) {
                const EpilogueKind kind{
                    .bias = bias,
                    .activation = activation,
                    .has_residual = (more & 1) != 0,
                    .wide = (more & 2) != 0};
                check_linear({3, 33, 40}, 96, kind, ++seed);
            }
        }
    }
}

TEST_P(MatrixConformance, LinearOfRandomShapes) {
    for (std::uint64_t seed = 600; seed < 660; ++seed) {
        RandomNumbers numbers(seed);
        const auto in = numbers.one_of<std::int64_t>({4, 8, 24, 32, 40, 64, 96, 320, 768});
        const auto out = numbers.one_of<std::int64_t>({4, 8, 24, 32, 40, 64, 96, 320, 640});
        const Shape input{1 + numbers.below(4), 1 + numbers.below(100), in};
        check_linear(input, out, random_epilogue(numbers), seed);
    }
}

TEST_P(MatrixConformance, GatedLinearOfEveryWidth) {
    std::uint64_t seed = 700;
    for (const std::int64_t features : {1, 4, 7, 24, 33, 320, 1280}) {
        for (const BiasKind bias : {BiasKind::none, BiasKind::shared, BiasKind::per_sample}) {
            SCOPED_TRACE(format(
                "seed {}: {} features, bias kind {}", ++seed, features, static_cast<int>(bias)));
            RandomNumbers numbers(seed);
            const LinearSpec spec{.in_features = 40, .out_features = features, .gated = true};
            const Twin x = twin(numbers, {2, 33, 40});
            const TwinWeights matrix = weights(numbers, spec);
            const Shape columns{2, 33, spec.weight_rows()};
            const TwinEpilogue after = epilogue(numbers, {.bias = bias}, columns);
            expect_close(
                {.tested = ops::linear(x.tested, matrix.tested, after.tested),
                 .reference = ops::linear(x.reference, matrix.reference, after.reference)},
                Arithmetic::sum);
        }
    }
}

TEST_P(MatrixConformance, EmbeddingCopiesRows) {
    for (const std::int64_t width : {1, 8, 33, 768}) {
        RandomNumbers numbers(static_cast<std::uint64_t>(800 + width));
        const Twin table = twin(numbers, {50, width});
        const Twin ids = id_twin({0, 49, 7, 7, 1, 48}, {2, 3});
        expect_equal(
            {.tested = ops::embedding(table.tested, ids.tested),
             .reference = ops::embedding(table.reference, ids.reference)});
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, MatrixConformance, ::testing::ValuesIn(production_backends()), name_of);

}  // namespace
}  // namespace darkroom::engine::conformance
