// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_models.h"

#include <gtest/gtest.h>

#include "api/test_surroundings.h"

namespace darkroom::api {
namespace {

TEST(ServerlessModels, HaveTheReferencesMembersAndOurs) {
    std::vector<domain::ModelDescription> models = test_models();
    models[0].size_bytes = 42;
    models[0].family = "sd1";
    models[0].native_size = 128;
    const json::Value body = serverless_models_body(models);
    EXPECT_EQ(
        json::dump(body[0]),
        R"({"type":"stableDiffusion","name":"icons-128.safetensors","status":"loaded",)"
        R"("ossPath":"","etag":"","size":42,"sha256":")" +
            std::string(64, 'a') + R"(","hash":"aaaaaaaaaa","family":"sd1","nativeSize":128})");
    EXPECT_EQ(body[1]["name"].as_string(), "people/photo.safetensors");
    EXPECT_TRUE(body[1]["sha256"].is_null());
    EXPECT_TRUE(body[1]["nativeSize"].is_null());
}

}  // namespace
}  // namespace darkroom::api
