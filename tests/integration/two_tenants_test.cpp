// SPDX-License-Identifier: Apache-2.0
// A tenant that floods the queue, and one that wants little, on the real server.

#include <algorithm>
#include <charconv>

#include <gtest/gtest.h>

#include "base/format.h"
#include "integration/a1111.h"
#include "integration/server.h"

namespace darkroom::integration {
namespace {

constexpr std::size_t kFlood = 200;
constexpr std::size_t kFew = 5;

/// Sequence numbers of the event log: one order for the tasks of all tenants.
struct Course {
    std::int64_t submitted = 0;
    std::int64_t started = 0;
    std::int64_t ended = 0;
};

/// The number after "id: " before the event of that kind.
std::int64_t sequence_of(const std::string& stream, const std::string& kind) {
    const std::size_t event = stream.find("\"kind\":\"" + kind + "\"");
    const std::size_t id = stream.rfind("id: ", event);
    if (event == std::string::npos || id == std::string::npos) return 0;
    std::int64_t sequence = 0;
    std::from_chars(stream.data() + id + 4, stream.data() + stream.size(), sequence);
    return sequence;
}

class TwoTenants : public testing::Test {
  protected:
    /// A key of a new tenant.
    std::string join(const std::string& tenant) {
        const Answer answer = send(
            "POST",
            "/admin/keys",
            admin_,
            format(R"({{"tenant": "{}", "scopes": ["generate"]}})", tenant));
        if (!answer || answer->status != 200) return {};
        return json::parse(answer->body).value()["key"].as_string();
    }

    Answer send(
        const std::string& method,
        const std::string& path,
        const std::string& key,
        const std::string& body = "",
        const std::string& name = "") {
        http::ClientRequest request{.method = method, .url = path, .body = body};
        request.headers.set("Authorization", "Bearer " + key);
        request.headers.set("Request-Type", "async");
        if (!name.empty()) request.headers.set("taskId", name);
        return server_.send(std::move(request));
    }

    void submit(const std::string& key, std::size_t count) {
        json::Object fields = fields_of({.steps = 4});
        fields.set("stable_diffusion_model", "icons-128.safetensors");
        const std::string body = json::dump(fields);
        for (std::size_t i = 0; i < count; ++i) {
            const Answer answer = send("POST", "/txt2img", key, body, std::to_string(i));
            ASSERT_TRUE(answer);
            ASSERT_EQ(answer->status, 200) << answer->body;
        }
    }

    std::vector<std::string> succeeded(const std::string& key) {
        const Answer answer = send("GET", "/tasks?status=succeeded&limit=1000", key);
        std::vector<std::string> names;
        if (!answer || answer->status != 200) return names;
        const json::Value body = json::parse(answer->body).value();
        for (const json::Value& task : body["tasks"].as_array())
            names.push_back(task["taskId"].as_string());
        return names;
    }

    /// Of a task that has ended.
    Course course_of(const std::string& key, const std::string& task) {
        const Answer answer = send("GET", format("/tasks/{}/events?after=0", task), key);
        if (!answer) return {};
        const std::string& stream = answer->body;
        return {
            sequence_of(stream, "submitted"),
            sequence_of(stream, "running"),
            sequence_of(stream, "succeeded")};
    }

    TemporaryFolder data_;
    Server server_{data_.path(), models_folder(), {"--require-keys"}};
    std::string admin_ = key_in(server_.output());
};

TEST_F(TwoTenants, WhoWantsLittleDoesNotWaitForWhoWantsMuch) {
    const std::string flood = join("flood");
    const std::string few = join("few");
    ASSERT_NO_FATAL_FAILURE(submit(flood, kFlood));
    ASSERT_NO_FATAL_FAILURE(submit(few, kFew));
    ASSERT_TRUE(eventually([&] { return succeeded(few).size() == kFew; }));
    const std::vector<std::string> done = succeeded(flood);
    EXPECT_LT(done.size(), kFlood) << "the flood was over before the others were served";

    std::vector<std::int64_t> ends;
    for (const std::string& task : done)
        ends.push_back(course_of(flood, task).ended);
    // A wait is counted in pictures that were finished meanwhile. Alone, the last of the few waits
    // for all the others at most.
    for (std::size_t i = 0; i < kFew; ++i) {
        const Course course = course_of(few, std::to_string(i));
        ASSERT_GT(course.started, course.submitted);
        const auto meanwhile = std::ranges::count_if(
            ends, [&](std::int64_t end) { return end > course.submitted && end < course.started; });
        EXPECT_LE(meanwhile, static_cast<std::ptrdiff_t>(3 * kFew + 1)) << "task " << i;
    }
}

}  // namespace
}  // namespace darkroom::integration
