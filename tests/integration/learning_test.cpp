// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <gtest/gtest.h>

#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

double predicted_seconds(const Server& server) {
    const Answer answer =
        server.post(std::string(kTxt2img) + "?dry_run=true", body_of({.steps = 20}));
    if (!answer || answer->status != 200) return 0.0;
    const auto body = json::parse(answer->body);
    return body ? (*body)["predictedSeconds"].as_double() : 0.0;
}

TEST(Learning, WhatTasksTookIsKnownAfterTheServerWasKilled) {
    const TemporaryFolder data;
    double unlearned = 0.0;
    double learned = 0.0;
    {
        Server server(data.path());
        unlearned = predicted_seconds(server);
        for (std::int64_t steps : {2, 10, 4}) {
            const Answer drawn = server.post(kTxt2img, body_of({.steps = steps}));
            ASSERT_TRUE(drawn && drawn->status == 200) << server.log();
        }
        // The answer does not wait for the scheduler.
        ASSERT_TRUE(eventually([&] {
            const double now = predicted_seconds(server);
            const bool is_settled = now == learned && now != unlearned;
            learned = now;
            return is_settled;
        }));
        server.signal(SIGKILL);
        server.wait();
    }
    const Server server(data.path());
    EXPECT_DOUBLE_EQ(predicted_seconds(server), learned);
    EXPECT_NE(learned, unlearned);
}

}  // namespace
}  // namespace darkroom::integration
