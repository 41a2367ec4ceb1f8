// SPDX-License-Identifier: Apache-2.0
// The cases of the serverless API's contract (serverless-sd-api.md 6) against the real server.

#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/file.h"
#include "compatibility/contract_case.h"
#include "compatibility/pattern.h"
#include "image/png.h"
#include "integration/server.h"

namespace darkroom::compatibility {
namespace {

namespace fs = std::filesystem;
using integration::Answer;

std::vector<ContractCase> all_cases() {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(DARKROOM_SOURCE_DIR "/tests/compatibility/cases"))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<ContractCase> cases;
    for (const fs::path& file : files) {
        for (ContractCase& next : read_cases(file))
            cases.push_back(std::move(next));
    }
    return cases;
}

/// A picture as base64: a red square on white, or white on black as a mask.
std::string picture(std::array<std::uint8_t, 3> inside, std::array<std::uint8_t, 3> outside) {
    constexpr std::size_t kSize = 128;
    image::Image drawn{kSize, kSize, 3, {}};
    for (std::size_t y = 0; y < kSize; ++y) {
        for (std::size_t x = 0; x < kSize; ++x) {
            const bool is_inside = x > 32 && x < 96 && y > 32 && y < 96;
            const auto& colour = is_inside ? inside : outside;
            drawn.pixels.insert(drawn.pixels.end(), colour.begin(), colour.end());
        }
    }
    const auto file = image::encode_png(drawn, {});
    return base64_encode(*file);
}

void lay_out(const ContractCase& wanted, const fs::path& folder) {
    for (const auto& [name, content] : wanted.models) {
        const fs::path file = folder / name;
        fs::create_directories(file.parent_path());
        if (content == "bundled") {
            fs::create_symlink(integration::bundled_checkpoint(), file);
        } else if (content == "half of bundled") {
            const fs::path whole = integration::bundled_checkpoint();
            fs::copy_file(whole, file);
            fs::resize_file(file, fs::file_size(whole) / 2);
        } else {
            ASSERT_TRUE(write_file(file, content));
        }
    }
}

/// "ossUrl.0" of a JSON document; "header:Name" of the answer's headers.
json::Value place_in(const http::ClientResponse& answer, const std::string& place) {
    constexpr std::string_view kHeader = "header:";
    if (place.starts_with(kHeader)) return answer.headers.get(place.substr(kHeader.size()));
    json::Value value = json::parse(answer.body).value();
    std::size_t at = 0;
    while (at <= place.size()) {
        const std::size_t end = std::min(place.find('.', at), place.size());
        const std::string part = place.substr(at, end - at);
        const json::Value inner = value.is_array() ? value[std::stoul(part)] : value[part];
        value = inner;
        at = end + 1;
    }
    return value;
}

class Contract : public ::testing::TestWithParam<ContractCase> {
  protected:
    http::ClientRequest request_of(const Step& step) {
        http::ClientRequest request;
        request.method = step.method;
        request.url = substitute(step.path, variables_).as_string();
        if (request.url.starts_with(server_->url())) {
            request.url.erase(0, server_->url().size());
        }
        for (const auto& [name, value] : step.headers)
            request.headers.set(name, substitute(value, variables_).as_string());
        if (!step.has_body) return request;
        const json::Value body = substitute(step.body, variables_);
        request.body = body.is_string() ? body.as_string() : json::dump(body);
        return request;
    }

    /// "" when the answer is as the step expects.
    std::string judge(const Step& step, const Answer& answer) {
        if (!answer) return answer.error().message;
        if (answer->status != *step.status) {
            return "status " + std::to_string(answer->status) + ": " + answer->body.substr(0, 500);
        }
        for (const auto& [name, pattern] : step.expected_headers) {
            const std::string reason =
                mismatch(substitute(pattern, variables_), answer->headers.get(name));
            if (!reason.empty()) return "header " + name + ": " + reason;
        }
        if (step.expected_text) {
            return mismatch(substitute(*step.expected_text, variables_), answer->body);
        }
        if (!step.expected_body) return {};
        const auto body = json::parse(answer->body);
        if (!body) return "the body is no JSON: " + answer->body.substr(0, 500);
        return mismatch(substitute(*step.expected_body, variables_), *body);
    }

    void act(Step::Deed deed) {
        const fs::path hidden = program_.string() + ".hidden";
        if (deed == Step::Deed::kill_agent) {
            ASSERT_EQ(::kill(server_->agent(), SIGKILL), 0);
        }
        if (deed == Step::Deed::hide_program) fs::rename(program_, hidden);
        if (deed == Step::Deed::show_program) fs::rename(hidden, program_);
    }

    void run(const Step& step) {
        if (step.deed != Step::Deed::none) return act(step.deed);
        std::string reason;
        Answer answer = Error{ErrorCode::unavailable, "nothing was sent"};
        const auto send = [&] {
            answer = server_->send(request_of(step));
            reason = judge(step, answer);
            return reason.empty();
        };
        if (step.is_repeated) {
            integration::eventually(send);
        } else {
            send();
        }
        ASSERT_EQ(reason, "") << step.method << " " << step.path << " " << step.note;
        for (const auto& [name, place] : step.saved)
            variables_[name] = place_in(*answer, place);
    }

    integration::TemporaryFolder data_;
    integration::TemporaryFolder models_;
    /// A copy that may be hidden.
    integration::TemporaryFolder programs_;
    const fs::path program_ = programs_ / "darkroom";
    std::unique_ptr<integration::Server> server_;
    Variables variables_;
};

TEST_P(Contract, Holds) {
    const ContractCase& wanted = GetParam();
    if (!wanted.pending.empty()) GTEST_SKIP() << "pending: " << wanted.pending;
    ASSERT_NO_FATAL_FAILURE(lay_out(wanted, models_.path()));
    integration::ServerOptions options{.flags = wanted.arguments};
    const bool hides_program =
        std::ranges::find(wanted.steps, Step::Deed::hide_program, &Step::deed) !=
        wanted.steps.end();
    if (hides_program) {
        fs::copy_file(DARKROOM_PROGRAM, program_);
        options.program = program_;
    }
    server_ = std::make_unique<integration::Server>(data_.path(), models_.path(), options);
    variables_ = {
        {"picture", picture({255, 0, 0}, {255, 255, 255})},
        {"mask", picture({255, 255, 255}, {0, 0, 0})},
        {"models", models_.path().string()},
        {"key", integration::key_in(server_->output())},
        {"server", server_->url()}};
    for (const Step& step : wanted.steps)
        ASSERT_NO_FATAL_FAILURE(run(step)) << wanted.name << ": " << wanted.request;
}

INSTANTIATE_TEST_SUITE_P(
    Serverless, Contract, ::testing::ValuesIn(all_cases()), [](const auto& one) {
        return one.param.name;
    });

}  // namespace
}  // namespace darkroom::compatibility
