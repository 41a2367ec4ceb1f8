// SPDX-License-Identifier: Apache-2.0
#include "conformance/invariance.h"

#include <cstring>

#include <gtest/gtest.h>

#include "base/format.h"
#include "conformance/random_numbers.h"
#include "engine/ops/elementwise.h"

namespace darkroom::engine::conformance {
namespace {

constexpr std::int64_t kBatch = 8;
constexpr std::uint64_t kSeed = 20;

using Bytes = std::vector<std::byte>;

Bytes bytes_of(const Tensor& x) {
    return {x.data(), x.data() + x.size_bytes()};
}

Shape batch_shape(const std::vector<std::int64_t>& extents) {
    switch (extents.size()) {
        case 1:
            return {kBatch, extents[0]};
        case 2:
            return {kBatch, extents[0], extents[1]};
        default:
            return {kBatch, extents.at(0), extents.at(1), extents.at(2)};
    }
}

Tensor upload(Backend& backend, RandomNumbers& numbers, const SampleInput& input) {
    const Shape shape = batch_shape(input.extents);
    const DType dtype = input.dtype.value_or(backend.compute_dtype());
    if (dtype == DType::i32) {
        std::vector<std::int32_t> ids(static_cast<std::size_t>(shape.numel()));
        for (std::int32_t& id : ids)
            id = static_cast<std::int32_t>(numbers.below(10));
        return backend.upload(ids, shape);
    }
    return ops::cast(backend.upload(numbers.normal(shape.numel()), shape), dtype);
}

std::vector<Tensor> rows(const std::vector<Tensor>& inputs, std::int64_t begin, std::int64_t end) {
    std::vector<Tensor> parts;
    for (const Tensor& input : inputs)
        parts.push_back(input.rows(begin, end));
    return parts;
}

/// Checks all batches on one backend; returns the bytes of the largest.
Bytes check_batches(Backend& backend, const BatchedOperation& operation) {
    const Operation call = operation.prepare(backend);
    RandomNumbers numbers(kSeed);
    std::vector<Tensor> inputs;
    for (const SampleInput& input : operation.inputs) {
        inputs.push_back(upload(backend, numbers, input));
    }
    const Bytes whole = bytes_of(call(inputs));
    const std::size_t sample_bytes = whole.size() / kBatch;
    const auto expect_samples = [&](std::int64_t begin, std::int64_t end) {
        const Bytes part = bytes_of(call(rows(inputs, begin, end)));
        ASSERT_EQ(part.size(), static_cast<std::size_t>(end - begin) * sample_bytes);
        const std::byte* expected = whole.data() + static_cast<std::size_t>(begin) * sample_bytes;
        EXPECT_EQ(std::memcmp(part.data(), expected, part.size()), 0)
            << "samples " << begin << " to " << end << " differ from those of a batch of "
            << kBatch;
    };
    for (std::int64_t count = 1; count < kBatch; ++count)
        expect_samples(0, count);
    for (std::int64_t sample = 1; sample < kBatch; ++sample)
        expect_samples(sample, sample + 1);
    return whole;
}

}  // namespace

void expect_invariant(const BackendKind& kind, const BatchedOperation& operation) {
    SCOPED_TRACE(format("{}, seed {}", operation.name, kSeed));
    Bytes on_one_thread;
    for (const int threads : {1, 2}) {
        SCOPED_TRACE(format("{} threads", threads));
        const auto backend = make_backend(kind, threads);
        if (!backend) GTEST_SKIP() << backend.error().message;
        Bytes bytes = check_batches(**backend, operation);
        if (threads == 1) {
            on_one_thread = std::move(bytes);
        } else {
            EXPECT_TRUE(bytes == on_one_thread) << "the bytes depend on the number of threads";
        }
    }
}

}  // namespace darkroom::engine::conformance
