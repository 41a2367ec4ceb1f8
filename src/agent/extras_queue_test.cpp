// SPDX-License-Identifier: Apache-2.0
#include "agent/extras_queue.h"

#include <gtest/gtest.h>

#include "api/extras_payload.h"
#include "api/task_payload.h"
#include "domain/task.h"
#include "image/png.h"

namespace darkroom::agent {
namespace {

image::Image picture(std::size_t width, std::size_t height) {
    image::Image image{.width = width, .height = height, .channels = 3};
    for (std::size_t i = 0; i < width * height * 3; ++i)
        image.pixels.push_back(static_cast<std::uint8_t>(i * 5));
    return image;
}

cluster::Assignment assignment_of(std::size_t pictures, const std::string& task = "task") {
    domain::Extras extras;
    extras.upscaler = "Lanczos";
    extras.second_upscaler = "Nearest";
    extras.second_visibility = 0.5;
    extras.description = "what is done";
    cluster::Assignment assignment{{task, 1}, "", "", "", "", ""};
    assignment.kind = domain::kExtrasKind;
    for (std::size_t i = 0; i < pictures; ++i) {
        extras.images.push_back("key");
        const auto file =
            image::encode_png(
                picture(16, 24), {{"parameters", "a fox"}, {"darkroom", "{}"}, {"note", "kept"}})
                .value();
        assignment.input_bytes.push_back(file.size());
        assignment.inputs.insert(assignment.inputs.end(), file.begin(), file.end());
    }
    assignment.request = api::encode_extras(extras);
    return assignment;
}

TEST(ExtrasQueue, EnlargesPictureByPictureAndKeepsTheirTexts) {
    ExtrasQueue queue({"", "cpu", "1.0"});
    ASSERT_TRUE(queue.add(assignment_of(2)));
    EXPECT_EQ(queue.held().size(), 1u);
    const auto first = queue.step();
    const auto& progress = std::get<cluster::Progress>(*first);
    EXPECT_EQ(progress.finished_pictures, 1);
    EXPECT_EQ(progress.pictures, 2);
    const auto second = queue.step();
    const auto& done = std::get<cluster::Done>(*second);
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.step());

    const api::TaskResult result = api::decode_result(done.result).value();
    EXPECT_EQ(result.images, (std::vector<std::string>{"0.png", "1.png"}));
    EXPECT_FALSE(result.interrupted);
    const auto file = std::span(done.images).first(static_cast<std::size_t>(done.image_bytes[0]));
    const image::DecodedPng png = image::decode_png(file).value();
    EXPECT_EQ(png.image.width, 32u);
    EXPECT_EQ(png.image.height, 48u);
    EXPECT_EQ(
        png.texts,
        (std::vector<image::TextChunk>{
            {"parameters", "a fox"}, {"note", "kept"}, {"postprocessing", "what is done"}}));
}

TEST(ExtrasQueue, AnInterruptedTaskHasThePicturesThatAreDone) {
    ExtrasQueue queue({});
    ASSERT_TRUE(queue.add(assignment_of(3)));
    queue.step();
    queue.interrupt({"another", 0});
    queue.interrupt({"task", 0});
    const auto last = queue.step();
    const auto result = api::decode_result(std::get<cluster::Done>(*last).result).value();
    EXPECT_EQ(result.images.size(), 1u);
    EXPECT_TRUE(result.interrupted);
}

TEST(ExtrasQueue, ADroppedTaskIsNotFinished) {
    ExtrasQueue queue({});
    ASSERT_TRUE(queue.add(assignment_of(2)));
    ASSERT_TRUE(queue.add(assignment_of(1, "next")));
    queue.step();
    queue.drop({"task", 1});
    const auto done = queue.step();
    EXPECT_EQ(std::get<cluster::Done>(*done).id.task, "next");
}

TEST(ExtrasQueue, WhatCannotBeDoneFailsAlone) {
    ExtrasQueue queue({});
    cluster::Assignment broken = assignment_of(1, "broken");
    broken.inputs[0] = std::byte{0};
    ASSERT_TRUE(queue.add(std::move(broken)));
    ASSERT_TRUE(queue.add(assignment_of(1)));
    const auto failed = queue.step();
    EXPECT_EQ(std::get<cluster::Failed>(*failed).error.code, ErrorCode::corrupt_input);
    EXPECT_FALSE(std::get<cluster::Failed>(*failed).is_retryable);
    EXPECT_TRUE(std::holds_alternative<cluster::Done>(*queue.step()));

    cluster::Assignment fewer = assignment_of(1);
    fewer.inputs.clear();
    fewer.input_bytes.clear();
    EXPECT_FALSE(queue.add(std::move(fewer)));
    cluster::Assignment nonsense = assignment_of(1);
    nonsense.request = "{}";
    EXPECT_FALSE(queue.add(std::move(nonsense)));
}

}  // namespace
}  // namespace darkroom::agent
