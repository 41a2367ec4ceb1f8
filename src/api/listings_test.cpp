// SPDX-License-Identifier: Apache-2.0
#include "api/listings.h"

#include <gtest/gtest.h>

#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

TEST(Listings, SamplersHaveNameAliasesAndOptions) {
    const json::Value body = samplers_body(test_catalog());
    EXPECT_EQ(
        json::dump(body[0]),
        R"({"name":"DPM++ 2M","aliases":["k_dpmpp_2m"],"options":{"scheduler":"karras"}})");
    EXPECT_EQ(json::dump(body[2]), R"({"name":"Euler","aliases":["k_euler"],"options":{}})");
}

TEST(Listings, SchedulersHaveAFloatRhoAndNullForNoAliases) {
    const json::Value body = schedulers_body(test_catalog());
    EXPECT_EQ(
        json::dump(body[2]),
        R"({"name":"karras","label":"Karras","aliases":null,"default_rho":7.0,)"
        R"("need_inner_model":false})");
    EXPECT_EQ(
        json::dump(body[3]),
        R"({"name":"sgm_uniform","label":"SGM Uniform","aliases":["SGMUniform"],)"
        R"("default_rho":-1.0,"need_inner_model":true})");
}

TEST(Listings, ModelsHaveNullHashesUntilTheyAreKnown) {
    auto models = test_models();
    models[1].filename = "/models/people/photo.safetensors";
    const json::Value body = models_body(models);
    EXPECT_EQ(body[0]["hash"], json::Value("aaaaaaaaaa"));
    EXPECT_EQ(
        json::dump(body[1]),
        R"({"title":"people/photo.safetensors","model_name":"people_photo","hash":null,)"
        R"("sha256":null,"filename":"/models/people/photo.safetensors","config":null,)"
        R"("family":null,"native_size":null})");
}

}  // namespace
}  // namespace darkroom::api
