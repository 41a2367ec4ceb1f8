// SPDX-License-Identifier: Apache-2.0
#include "api/serverless_functions.h"

#include <gtest/gtest.h>

namespace darkroom::api {
namespace {

using Names = std::vector<std::string>;

TEST(ServerlessFunctions, AnOrderIsReadInAnyCase) {
    const auto order = parse_function_order(R"({
        "Models": ["a.safetensors"], "CPU": 1.5, "memorySize": 2048, "timeout": 60,
        "minInstances": 1, "maxInstances": 2, "gpuMemorySize": 16384,
        "instanceType": "fc.gpu.tesla.1", "image": "i", "extraArgs": "--api",
        "env": {"A": "1"}, "vpcConfig": {"vpcId": "v"}, "nasConfig": {},
        "mountPoints": [{"bucket": "b"}], "diskSize": 512})");
    ASSERT_TRUE(order);
    EXPECT_EQ(order->models, Names{"a.safetensors"});
    const domain::FunctionChange& change = order->change;
    EXPECT_EQ(change.cpu, 1.5);
    EXPECT_EQ(change.memory_mb, 2048);
    EXPECT_EQ(change.timeout_s, 60);
    EXPECT_EQ(change.min_instances, 1);
    EXPECT_EQ(change.max_instances, 2);
    EXPECT_EQ(change.gpu_memory_mb, 16384);
    EXPECT_EQ(change.instance_type, "fc.gpu.tesla.1");
    EXPECT_EQ(change.env.at("A"), "1");
    EXPECT_EQ(change.vpc_config, R"({"vpcId":"v"})");
    EXPECT_EQ(change.oss_mount_config, R"([{"bucket":"b"}])");
    EXPECT_EQ(
        order->not_applied,
        (Names{
            "gpuMemorySize",
            "instanceType",
            "image",
            "extraArgs",
            "env",
            "vpcConfig",
            "nasConfig",
            "ossMountConfig"}));
    EXPECT_EQ(order->unknown_fields, Names{"diskSize"});
}

TEST(ServerlessFunctions, NullIsAbsentAndAllFunctionsAreMeant) {
    const auto order = parse_function_order(R"({"models": null, "cpu": null})");
    ASSERT_TRUE(order);
    EXPECT_TRUE(order->models.empty());
    EXPECT_FALSE(order->change.cpu);
}

TEST(ServerlessFunctions, WrongTypesAreRefusedByName) {
    EXPECT_EQ(parse_function_order("{").error().status, 400);
    EXPECT_EQ(parse_function_order("[]").error().status, 400);
    for (const char* body :
         {R"({"models": "a"})",
          R"({"models": [1]})",
          R"({"cpu": "2"})",
          R"({"memorySize": 1.5})",
          R"({"timeout": true})",
          R"({"env": {"A": 1}})",
          R"({"image": 1})",
          R"({"vpcConfig": []})",
          R"({"ossMountConfig": "x"})"}) {
        const auto order = parse_function_order(body);
        ASSERT_FALSE(order) << body;
        EXPECT_EQ(order.error().status, 422) << body;
    }
    EXPECT_EQ(
        parse_function_order(R"({"env": {"A": 1}})").error().body["message"].as_string(),
        "env: must be an object of strings");
}

TEST(ServerlessFunctions, NamesToDeleteMustBeThere) {
    EXPECT_EQ(*parse_function_names(R"({"functions": ["sd_1", "sd_2"]})"), (Names{"sd_1", "sd_2"}));
    for (const char* body :
         {"", "[]", "{}", R"({"functions": []})", R"({"functions": [1]})", R"({"functions": "a"})"})
        EXPECT_EQ(parse_function_names(body).error().status, 400) << body;
}

TEST(ServerlessFunctions, AFunctionIsListedWithItsStatus) {
    FunctionView view;
    view.function = domain::make_function("icons.safetensors", 7);
    view.function.settings.nas_config = R"({"a":1})";
    view.status = {domain::FunctionState::loading, 0.5, ""};
    view.instances = {{"agent-1", 0.5, 1, 4096}};
    const json::Value body(functions_body(std::span(&view, 1), function_body));
    EXPECT_EQ(body["status"].as_string(), "success");
    const json::Value& entry = body["functions"][0];
    EXPECT_EQ(entry["functionName"].as_string(), domain::function_name("icons.safetensors"));
    EXPECT_EQ(entry["model"].as_string(), "icons.safetensors");
    EXPECT_EQ(entry["status"].as_string(), "loading");
    EXPECT_EQ(entry["loaded"].as_double(), 0.5);
    EXPECT_EQ(entry["instances"][0]["tasks"].as_integer(), 1);
    EXPECT_EQ(entry["settings"]["nasConfig"]["a"].as_integer(), 1);
    EXPECT_TRUE(entry["settings"]["vpcConfig"].is_null());
    EXPECT_EQ(entry["notApplied"].as_array().size(), 1U);
    EXPECT_TRUE(entry["lastUsedMs"].is_null());
}

TEST(ServerlessFunctions, WhatEverybodySeesHasNoSettings) {
    FunctionView view;
    view.function = domain::make_function("icons.safetensors", 7);
    view.function.settings.env = {{"TOKEN", "secret"}};
    view.function.settings.extra_args = "--api-auth me:secret";
    view.status = {domain::FunctionState::failed, 0.0, "secret"};
    view.instances = {{"agent-1", 0.5, 1, 4096}};
    const json::Value body(functions_body(std::span(&view, 1), public_function_body));
    const std::string name = domain::function_name("icons.safetensors");
    EXPECT_EQ(
        json::dump(body),
        R"({"status":"success","functions":[{"functionName":")" + name +
            R"(","model":"icons.safetensors","status":"failed"}]})");
}

}  // namespace
}  // namespace darkroom::api
