// SPDX-License-Identifier: Apache-2.0
#include "api/model_requests.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

using domain::ModelSource;
using domain::ModelType;

TEST(ModelRequest, TheReferencesBodyNamesAFileOfTheImportFolder) {
    const auto request = parse_model_request(
        R"({"Type": "sdVae", "NAME": "a.safetensors", "ossPath": "vae/a.safetensors",)"
        R"( "etag": "v1", "status": "loaded"})");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->type, ModelType::vae);
    EXPECT_EQ(request->name, "a.safetensors");
    EXPECT_EQ(request->etag, "v1");
    EXPECT_EQ(request->source.kind, ModelSource::Kind::import);
    EXPECT_EQ(request->source.text, "vae/a.safetensors");
    EXPECT_FALSE(request->note);
}

TEST(ModelRequest, ASourceIsAnUploadOrAnImport) {
    const auto upload = parse_model_request(R"({"source": {"upload": "12"}, "note": ""})");
    ASSERT_TRUE(upload);
    EXPECT_EQ(upload->source.kind, ModelSource::Kind::upload);
    EXPECT_EQ(upload->source.record(), "upload:12");
    EXPECT_FALSE(upload->type);
    EXPECT_EQ(upload->note, "");
    const auto import = parse_model_request(R"({"source": {"import": "a"}})");
    ASSERT_TRUE(import);
    EXPECT_EQ(import->source.kind, ModelSource::Kind::import);
    EXPECT_EQ(parse_model_request("{}")->source.kind, ModelSource::Kind::none);
    for (const char* body :
         {R"({"source": {"url": "https://h/a"}})", R"({"ossPath": "https://h/a"})"}) {
        const auto request = parse_model_request(body);
        ASSERT_TRUE(request) << body;
        EXPECT_EQ(request->source.kind, ModelSource::Kind::url) << body;
        EXPECT_EQ(request->source.record(), "https://h/a") << body;
    }
}

TEST(ModelRequest, WhatIsNoObjectIs400AndABadMemberIs422) {
    for (const char* body : {"", "[]", "nonsense", "{\"name\": 1} 2"})
        EXPECT_EQ(parse_model_request(body).error().status, 400) << body;
    for (const char* body :
         {R"({"type": "checkpoint"})",
          R"({"type": 1})",
          R"({"name": ["a"]})",
          R"({"etag": {}})",
          R"({"note": 1})",
          R"({"source": "a"})",
          R"({"source": {}})",
          R"({"source": {"upload": "1", "import": "2"}})",
          R"({"source": {"nonsense": "1"}})",
          R"({"source": {"url": 1}})"}) {
        const auto request = parse_model_request(body);
        ASSERT_FALSE(request) << body;
        EXPECT_EQ(request.error().status, 422) << body;
    }
    const std::string long_text(2000, 'x');
    EXPECT_EQ(parse_model_request(R"({"etag": ")" + long_text + "\"}").error().status, 422);
}

TEST(UploadRequest, SaysWhatWillCome) {
    const std::string hash(64, 'A');
    const auto request = parse_upload_request(
        R"({"type": "lora", "name": "a.safetensors", "size": 42, "sha256": ")" + hash + "\"}");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->type, ModelType::lora);
    EXPECT_EQ(request->size_bytes, 42u);
    EXPECT_EQ(request->sha256, std::string(64, 'a'));
}

TEST(UploadRequest, SizesAndHashesThatAreNoneAreRefused) {
    const std::string begin = R"({"type": "lora", "name": "a.safetensors")";
    for (
        const char* rest :
        {"}",
         R"(, "size": 0})",
         R"(, "size": -1})",
         R"(, "size": 1.5})",
         R"(, "size": "42"})",
         R"(, "size": 1e300})",
         R"(, "size": 1, "sha256": "abc"})",
         R"(, "size": 1, "sha256": "../../../../../../../../../../../../../../../../../../../../.."})"}) {
        const auto request = parse_upload_request(begin + rest);
        ASSERT_FALSE(request) << rest;
        EXPECT_EQ(request.error().status, 422) << rest;
    }
    EXPECT_EQ(parse_upload_request(R"({"name": "a", "size": 1})").error().status, 422);
    EXPECT_EQ(parse_upload_request(R"({"type": "lora", "size": 1})").error().status, 422);
}

}  // namespace
}  // namespace darkroom::api
