// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/arithmetic.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/reference/backend.h"

namespace darkroom::engine {
namespace {

using testing::ElementsAre;

class Arithmetic : public testing::Test {
  protected:
    Tensor tensor(const std::vector<float>& values) {
        return backend_.upload(values, Shape{static_cast<std::int64_t>(values.size())});
    }

    ReferenceBackend backend_;
};

TEST_F(Arithmetic, AnEulerStepReadsLikeThePaper) {
    const Tensor x = tensor({8, -4});
    const Tensor denoised = tensor({4, 0});
    const float sigma = 4.0f;
    const float next_sigma = 2.0f;
    const Tensor next = x + (x - denoised) / sigma * (next_sigma - sigma);
    EXPECT_THAT(backend_.download(next), ElementsAre(6.0f, -2.0f));
}

TEST_F(Arithmetic, FactorsStandOnEitherSide) {
    const Tensor x = tensor({1, -2});
    EXPECT_THAT(backend_.download(3.0f * x), ElementsAre(3.0f, -6.0f));
    EXPECT_THAT(backend_.download(x * 3.0f), ElementsAre(3.0f, -6.0f));
    EXPECT_THAT(backend_.download(-x), ElementsAre(-1.0f, 2.0f));
}

TEST_F(Arithmetic, InputsStayAsTheyAre) {
    const Tensor x = tensor({1, 2});
    const Tensor sum = x + x;
    EXPECT_THAT(backend_.download(x), ElementsAre(1.0f, 2.0f));
    EXPECT_THAT(backend_.download(sum), ElementsAre(2.0f, 4.0f));
}

TEST_F(Arithmetic, RefusesOtherShapesOtherDtypesAndZeroDivisors) {
    const Tensor x = tensor({1, 2});
    EXPECT_THROW(x + tensor({1}), ContractViolation);
    EXPECT_THROW(x - tensor({1, 2, 3}), ContractViolation);
    EXPECT_THROW(ops::cast(x, DType::bf16) * 2.0f, ContractViolation);
    EXPECT_THROW(x / 0.0f, ContractViolation);
    EXPECT_THROW(x + Tensor(), ContractViolation);
}

}  // namespace
}  // namespace darkroom::engine
