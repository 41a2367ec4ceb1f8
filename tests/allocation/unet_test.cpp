// SPDX-License-Identifier: Apache-2.0
// From the second step on, a UNet call takes nothing from the heap.

#include "engine/models/unet/unet.h"

#include <cstdlib>
#include <memory>
#include <new>
#include <thread>

#include <gtest/gtest.h>

#include "allocation/counted_malloc.h"
#include "base/format.h"
#include "engine/cpu/backend.h"
#include "engine/weights/synthetic_source.h"

namespace darkroom::testing {
namespace {

using namespace engine;  // NOLINT: a test file

/// Two levels, with everything that SD1.5 has: residual blocks with and without skip convolution,
/// transformers, down- and upsampling, layers wide enough for Winograd's form.
UnetConfig tiny() {
    using Kind = UnetConfig::InputBlock::Kind;
    UnetConfig config;
    config.model_channels = 32;
    config.context_width = 24;
    config.heads = {.count = 2};
    config.middle_depth = 1;
    config.input_blocks = {
        {Kind::convolution, 32, 0},
        {Kind::residual, 32, 1},
        {Kind::downsample, 32, 0},
        {Kind::residual, 256, 1}};
    config.output_blocks = {{256, 1, false}, {256, 1, true}, {32, 1, false}, {32, 1, false}};
    return config;
}

struct Precision {
    std::string name;
    CpuOptions options;
};

class Allocation : public ::testing::TestWithParam<Precision> {
  protected:
    Tensor input(const Shape& shape) {
        const auto values = synthetic_stream("input:allocation", shape.numel());
        return backend_->upload(values, shape);
    }

    std::unique_ptr<CpuBackend> backend_ = CpuBackend::make(GetParam().options).value();
};

TEST_P(Allocation, AUnetCallTakesNothingFromTheHeapOnceOneHasRun) {
    if (backend_->precision() != GetParam().name) GTEST_SKIP() << "no " << GetParam().name;
    SyntheticSource source(*backend_);
    const Unet unet(source, "", tiny());
    const UnetContext one = unet.prepare(input({1, 77, 24}));
    const UnetContext other = unet.prepare(input({1, 154, 24}));
    for (const int threads : {1, 2}) {
        backend_->set_threads(threads);
        for (const std::int64_t batch : {1, 2, 4, 8}) {
            SCOPED_TRACE(format("{} threads, batch {}", threads, batch));
            // A batch of eight goes through the first level by fours.
            const Tensor latent = input({batch, 32, 30, 4});
            std::vector<UnetSample> samples(static_cast<std::size_t>(batch), {900.5F, &one});
            samples.back().context = &other;
            (void)unet(latent, samples);
            for (const float timestep : {700.0F, 3.25F}) {
                for (UnetSample& sample : samples)
                    sample.timestep = timestep;
                const std::int64_t before = heap_allocations();
                (void)unet(latent, samples);
                EXPECT_EQ(heap_allocations() - before, 0);
            }
        }
    }
}

TEST(CountedMalloc, SeesEveryWayToTheHeapOnEveryThread) {
    const auto counted = [](const auto& work) {
        const std::int64_t before = heap_allocations();
        work();
        return heap_allocations() - before;
    };
    EXPECT_EQ(counted([] { ::operator delete(::operator new(8)); }), 1);
    constexpr std::align_val_t kAlignment{64};
    EXPECT_EQ(counted([] { ::operator delete(::operator new(8, kAlignment), kAlignment); }), 1);
    void* volatile memory = nullptr;
    EXPECT_EQ(counted([&] { memory = std::malloc(8); }), 1);            // NOLINT: what is tested
    EXPECT_EQ(counted([&] { memory = std::realloc(memory, 64); }), 1);  // NOLINT
    std::free(memory);                                                  // NOLINT
    EXPECT_EQ(counted([&] { memory = std::calloc(8, 8); }), 1);         // NOLINT
    std::free(memory);                                                  // NOLINT
    EXPECT_GE(counted([] { std::thread([] { ::operator delete(::operator new(8)); }).join(); }), 2);
}

std::string precision_name(const ::testing::TestParamInfo<Precision>& instance) {
    return instance.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Precisions,
    Allocation,
    ::testing::Values(
        Precision{"f32", {.dtype = DType::f32}},
        Precision{"bf16", {.dtype = DType::bf16}},
        Precision{"int8", {.int8 = true}}),
    precision_name);

}  // namespace
}  // namespace darkroom::testing
