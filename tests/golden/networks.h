// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/models/unet/config.h"
#include "engine/tensor/backend.h"
#include "engine/weights/key_shapes.h"
#include "golden/expectation.h"
#include "json/json.h"

namespace darkroom::testing {

inline constexpr const char* kUnet = "model.diffusion_model.";
inline constexpr const char* kVae = "first_stage_model.";
inline constexpr const char* kClip = "cond_stage_model.transformer.";

/// The committed key list of a network, tests/golden/keys/NAME.tsv.
engine::KeyShapes key_list(const std::string& name);

struct UnetCase {
    std::string name;
    engine::AttentionHeads heads;
    std::int64_t context_width = 0;
    /// The goldens' own; other sizes can be compared between backends only.
    std::int64_t latent_height = 16;
    std::int64_t latent_width = 16;
};

/// Each runs a network of synthetic weights on the golden's inputs.
std::vector<float> run_unet(engine::Backend& backend, const UnetCase& network);
struct VaeOutputs {
    std::vector<float> moments;
    std::vector<float> decoded;
};
VaeOutputs run_vae(engine::Backend& backend, const std::string& name);
std::vector<float> run_clip(engine::Backend& backend, std::int64_t clip_skip);

/// Cases that run on "reference", "cpu-f32", "cpu-bf16" and "cpu-int8".
class Network : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override;

    /// Goldens for f32; what rounds more is compared with our own f32. No layer but a UNet's is
    /// ever in int8: `int8` is the bound for that.
    void expect_golden(
        const std::function<std::vector<float>(engine::Backend&)>& run,
        const json::Value& block,
        const Closeness& int8 = kBf16);

    std::unique_ptr<engine::Backend> backend_;
};

/// Test name of a backend.
std::string backend_name(const ::testing::TestParamInfo<const char*>& instance);

}  // namespace darkroom::testing
