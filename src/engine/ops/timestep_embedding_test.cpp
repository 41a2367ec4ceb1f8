// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/timestep_embedding.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/file.h"
#include "engine/reference/backend.h"
#include "json/json.h"

namespace darkroom::engine {
namespace {

using testing::FloatNear;
using testing::Pointwise;

std::vector<float> floats(const json::Value& array) {
    std::vector<float> values;
    for (const json::Value& value : array.as_array()) {
        values.push_back(static_cast<float>(value.as_double()));
    }
    return values;
}

TEST(TimestepEmbedding, MatchesTheGoldenNumbersCosineFirst) {
    const auto text =
        read_file(DARKROOM_SOURCE_DIR "/tests/golden/schedules.json", std::size_t{64} << 20);
    const auto schedules = json::parse(text.value());
    const json::Value& golden = schedules.value()["timestep_embedding_320_at_500"];
    ReferenceBackend backend;
    const std::vector<float> timesteps{500.0f};
    const Tensor embedded = ops::timestep_embedding(backend, timesteps, 320);
    ASSERT_EQ(embedded.shape(), (Shape{1, 320}));
    const std::vector<float> values = backend.download(embedded);
    const std::vector<float> cosines(values.begin(), values.begin() + 4);
    const std::vector<float> sines(values.begin() + 160, values.begin() + 164);
    // One f32 rounding of an argument near 500 is 3e-5.
    EXPECT_THAT(cosines, Pointwise(FloatNear(4e-5f), floats(golden["first4_cos"])));
    EXPECT_THAT(sines, Pointwise(FloatNear(4e-5f), floats(golden["first4_sin(index160)"])));
}

TEST(TimestepEmbedding, GivesEachTimestepItsOwnRow) {
    ReferenceBackend backend;
    const std::vector<float> both{0.0f, 801.5f};
    const Tensor embedded = ops::timestep_embedding(backend, both, 8);
    const Tensor alone = ops::timestep_embedding(backend, std::vector<float>{801.5f}, 8);
    EXPECT_THAT(
        backend.download(embedded.rows(0, 1)), testing::ElementsAre(1, 1, 1, 1, 0, 0, 0, 0));
    EXPECT_EQ(backend.download(embedded.rows(1, 2)), backend.download(alone));
}

TEST(TimestepEmbedding, RefusesAnOddWidth) {
    ReferenceBackend backend;
    const std::vector<float> timesteps{1.0f};
    EXPECT_THROW(ops::timestep_embedding(backend, timesteps, 7), ContractViolation);
}

}  // namespace
}  // namespace darkroom::engine
