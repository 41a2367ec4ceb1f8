// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "conformance/invariance.h"
#include "conformance/twins.h"

namespace darkroom::engine::conformance {
namespace {

class Determinism : public ::testing::TestWithParam<BackendKind> {
  protected:
    static void expect_all_invariant(const std::vector<BatchedOperation>& operations) {
        for (const BatchedOperation& operation : operations) {
            expect_invariant(GetParam(), operation);
            if (IsSkipped()) return;
        }
    }
};

/// The layers of real networks, which would take the reference minutes.
class Sd15Determinism : public Determinism {};

TEST_P(Determinism, NoOperationDependsOnBatchMatesOrThreads) {
    expect_all_invariant(small_operations());
}

TEST_P(Sd15Determinism, NormsDependOnNeither) {
    expect_all_invariant(sd15_norms());
}

TEST_P(Sd15Determinism, AttentionDependsOnNeither) {
    expect_all_invariant(sd15_attentions());
}

TEST_P(Sd15Determinism, ConvolutionsDependOnNeither) {
    expect_all_invariant(sd15_convolutions());
}

TEST_P(Sd15Determinism, LinearsDependOnNeither) {
    expect_all_invariant(sd15_linears());
}

/// Only layers with weights differ between a backend that quantises and one that does not.
class Sd15Int8Determinism : public Determinism {};

TEST_P(Sd15Int8Determinism, ConvolutionsDependOnNeither) {
    expect_all_invariant(sd15_convolutions());
}

TEST_P(Sd15Int8Determinism, LinearsDependOnNeither) {
    expect_all_invariant(sd15_linears());
}

INSTANTIATE_TEST_SUITE_P(Each, Determinism, ::testing::ValuesIn(all_backends()), name_of);
INSTANTIATE_TEST_SUITE_P(
    Each, Sd15Determinism, ::testing::ValuesIn(production_backends()), name_of);
INSTANTIATE_TEST_SUITE_P(Int8, Determinism, ::testing::ValuesIn(int8_backends()), name_of);
INSTANTIATE_TEST_SUITE_P(Int8, Sd15Int8Determinism, ::testing::ValuesIn(int8_backends()), name_of);

}  // namespace
}  // namespace darkroom::engine::conformance
