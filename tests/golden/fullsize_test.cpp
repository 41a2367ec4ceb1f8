// SPDX-License-Identifier: Apache-2.0
// The full-size networks of Stable Diffusion 1.5: in Release only.

#include <gtest/gtest.h>

#include "golden/expectation.h"
#include "golden/networks.h"

namespace darkroom::testing {
namespace {

using engine::Backend;

class FullSize : public Network {};

TEST_P(FullSize, VaeMatchesItsGolden) {
    const json::Value file = golden("vae_kl_f8");
    expect_golden(
        [](Backend& backend) { return run_vae(backend, "vae_kl_f8").decoded; },
        file["outputs"]["decoded"]);
    expect_golden(
        [](Backend& backend) { return run_vae(backend, "vae_kl_f8").moments; },
        file["outputs"]["moments"]);
}

TEST_P(FullSize, ClipTextMatchesItsGolden) {
    const json::Value file = golden("clip_vit_l_text_hf");
    expect_golden([](Backend& backend) { return run_clip(backend, 1); }, file["outputs"]["last"]);
    expect_golden(
        [](Backend& backend) { return run_clip(backend, 2); },
        file["outputs"]["clip_skip_2 (penultimate, then final norm)"]);
}

TEST_P(FullSize, Sd15UnetMatchesItsGolden) {
    expect_golden(
        [](Backend& backend) {
            return run_unet(backend, {"sd15_unet", {.count = 8}, 768});
        },
        golden("sd15_unet")["outputs"]["out"],
        kInt8);
}

INSTANTIATE_TEST_SUITE_P(
    Backends,
    FullSize,
    ::testing::Values("reference", "cpu-f32", "cpu-bf16", "cpu-int8"),
    backend_name);

}  // namespace
}  // namespace darkroom::testing
