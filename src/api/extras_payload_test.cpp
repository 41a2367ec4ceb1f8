// SPDX-License-Identifier: Apache-2.0
#include "api/extras_payload.h"

#include <gtest/gtest.h>

#include "json/json.h"

namespace darkroom::api {
namespace {

domain::Extras example() {
    return {
        .images = {"local/0123/0/0.png", "local/0123/0/1.jpg"},
        .upscaler = "Lanczos",
        .second_upscaler = "Nearest",
        .second_visibility = 0.25,
        .to_size = true,
        .factor = 1.5,
        .width = 64,
        .height = 32,
        .crop = false,
        .description = "what was done"};
}

TEST(ExtrasPayload, RoundTrips) {
    const std::string text = encode_extras(example());
    EXPECT_EQ(encode_extras(decode_extras(text).value()), text);
    const domain::Extras read = decode_extras(text).value();
    EXPECT_EQ(read.images, example().images);
    EXPECT_EQ(read.second_visibility, 0.25);
    EXPECT_EQ(read.height, 32);
    EXPECT_FALSE(read.crop);
}

TEST(ExtrasPayload, WhatIsMissingBeyondOrOutOfRangeIsRefusedByName) {
    const json::Object good = json::parse(encode_extras(example())).value().as_object();
    const auto field = [](const json::Object& object) {
        const auto read = decode_extras(json::dump(object));
        return read ? "accepted" : read.error().field;
    };
    for (const auto& [key, value] : good) {
        json::Object less = good;
        less.erase(key);
        EXPECT_EQ(field(less), key);
    }
    const auto changed = [&](const char* key, json::Value value) {
        json::Object other = good;
        other.set(key, std::move(value));
        return field(other);
    };
    EXPECT_EQ(changed("upscaler", "ESRGAN"), "upscaler");
    EXPECT_EQ(changed("second_visibility", 1.5), "second_visibility");
    EXPECT_EQ(changed("factor", 0.0), "factor");
    EXPECT_EQ(changed("width", 0), "width");
    EXPECT_EQ(changed("nonsense", 1), "nonsense");
    EXPECT_FALSE(decode_extras("[]"));
}

}  // namespace
}  // namespace darkroom::api
