// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/cpu/backend.h"
#include "engine/pipelines/session.h"

namespace darkroom::engine {

using Pictures = std::vector<image::Image>;

class SessionTest : public testing::Test {
  protected:
    /// Loaded once for all tests.
    static const std::shared_ptr<const Model>& model() {
        static const std::unique_ptr<CpuBackend> kBackend = CpuBackend::make({}).value();
        static const std::shared_ptr<const Model> kModel =
            Model::load(
                *kBackend,
                ClipTokenizer::bundled(),
                {.path = DARKROOM_SOURCE_DIR "/models/icons-128/icons-128.safetensors"})
                .value();
        return kModel;
    }

    static ImageRequest request(const std::string& sampler, int steps, std::uint64_t seed) {
        ImageRequest request;
        request.prompt = "a red apple, flat style, white background";
        request.width = 64;
        request.height = 64;
        request.sampler = sampler;
        request.steps = steps;
        request.noise.seed = seed;
        return request;
    }

    /// Runs to the end; widths of the UNet calls go to `widths`.
    static std::map<RequestId, Result<Pictures>> run(
        Session& session, std::vector<int>* widths = nullptr) {
        std::map<RequestId, Result<Pictures>> ended;
        while (!session.idle()) {
            const StepReport report = session.step();
            if (widths != nullptr && report.width > 0) widths->push_back(report.width);
            for (FinishedRequest& finished : session.collect()) {
                ended.emplace(finished.id, std::move(finished.pictures));
            }
        }
        return ended;
    }

    static Pictures alone(const ImageRequest& request) {
        Session session;
        EXPECT_TRUE(session.add(1, model(), request));
        return run(session).at(1).value();
    }
};

}  // namespace darkroom::engine
