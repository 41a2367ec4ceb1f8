// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_models.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

TEST(ServerlessModels, HaveTheReferencesMembersAndOurs) {
    domain::ModelFile file;
    file.name = "icons-128.safetensors";
    file.size_bytes = 42;
    file.sha256 = std::string(64, 'a');
    file.facts = {.family = "sd1", .native_size = 128, .dtype = "bf16"};
    file.registered_ms = 1'700'000'000'999;
    file.changed_ms = 1'700'000'001'000;
    file.note = "a hundred icons";
    file.etag = "v1";
    file.source = "models/icons.safetensors";
    EXPECT_EQ(
        json::dump(serverless_model_body(file, "/thumbnails/icons")),
        R"({"type":"stableDiffusion","name":"icons-128.safetensors","status":"loaded",)"
        R"("ossPath":"models/icons.safetensors","etag":"v1","registeredTime":"1700000000",)"
        R"("lastModificationTime":"1700000001","size":42,"sha256":")" +
            std::string(64, 'a') +
            R"(","hash":"aaaaaaaaaa","family":"sd1","dtype":"bf16","nativeSize":128,)"
            R"("thumbnail":"/thumbnails/icons","note":"a hundred icons"})");
}

TEST(ServerlessModels, WhatIsNotKnownIsNullAndWhatIsWrongIsSaid) {
    domain::ModelFile file;
    file.type = domain::ModelType::vae;
    file.status = domain::ModelStatus::failed;
    file.reason = "half a file";
    const json::Value failed = serverless_model_body(file, "");
    EXPECT_EQ(failed["type"].as_string(), "sdVae");
    EXPECT_EQ(failed["status"].as_string(), "failed");
    EXPECT_EQ(failed["message"].as_string(), "half a file");
    for (const char* name :
         {"sha256", "hash", "family", "dtype", "nativeSize", "thumbnail", "note"})
        EXPECT_TRUE(failed[name].is_null()) << name;
    EXPECT_EQ(failed.find("progress"), nullptr);

    file.status = domain::ModelStatus::registering;
    file.progress = 0.25;
    EXPECT_EQ(json::Value(serverless_model_body(file, ""))["progress"].as_double(), 0.25);
}

}  // namespace
}  // namespace darkroom::api
