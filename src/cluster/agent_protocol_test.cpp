// SPDX-License-Identifier: Apache-2.0
#include "cluster/agent_protocol.h"

#include <cstring>

#include <gtest/gtest.h>

namespace darkroom::cluster {
namespace {

Result<Message> round_trip(const Message& message) {
    const std::vector<std::byte> frame = encode(message);
    const std::span<const std::byte> bytes(frame);
    const auto lengths = parse_prefix(bytes.first(kFramePrefixBytes));
    if (!lengths) return lengths.error();
    const auto* text = reinterpret_cast<const char*>(frame.data() + kFramePrefixBytes);
    const auto payload = bytes.subspan(kFramePrefixBytes + lengths->header);
    return decode(
        std::string_view(text, lengths->header),
        std::vector<std::byte>(payload.begin(), payload.end()));
}

TEST(AgentProtocol, EveryMessageComesBackAsItWas) {
    const AttemptId id{"0123", 2};
    const std::vector<std::byte> images{std::byte{1}, std::byte{2}, std::byte{3}};

    EXPECT_EQ(std::get<Hello>(*round_trip(Hello{7, "cpu", "slow"})).note, "slow");
    EXPECT_EQ(std::get<Claim>(*round_trip(Claim{3, "m"})).capacity, 3);
    EXPECT_EQ(
        std::get<Progress>(*round_trip(Progress{id, "loading", 0.5, 1, 2, 0, 1})).loaded, 0.5);
    const auto done = round_trip(Done{id, "{}", {1, 2}, images});
    EXPECT_EQ(std::get<Done>(*done).images, images);
    EXPECT_EQ(std::get<Done>(*done).image_bytes, (std::vector<std::uint64_t>{1, 2}));
    const auto failed =
        round_trip(Failed{id, Error{ErrorCode::corrupt_input, "bad", "model"}, true});
    EXPECT_EQ(std::get<Failed>(*failed).error.code, ErrorCode::corrupt_input);
    EXPECT_TRUE(std::get<Failed>(*failed).is_retryable);
    EXPECT_EQ(std::get<EngineReport>(*round_trip(EngineReport{"unet", 4, 0.25})).width, 4);
    EXPECT_EQ(std::get<Resident>(*round_trip(Resident{"m", 0.5, "no"})).loaded, 0.5);
    EXPECT_EQ(std::get<Load>(*round_trip(Load{"m", "/p", "", "i"})).path, "/p");
    EXPECT_EQ(std::get<Prefetch>(*round_trip(Prefetch{"/p", "s"})).sha256, "s");
    EXPECT_EQ(std::get<Threads>(*round_trip(Threads{3})).count, 3);
    EXPECT_EQ(std::get<AgentHeartbeat>(*round_trip(AgentHeartbeat{{id}})).held.front(), id);
    EXPECT_EQ(
        std::get<Assignment>(*round_trip(Assignment{id, "m", "/p", "", "", "{}"})).path, "/p");
    const auto assigned =
        round_trip(Assignment{id, "m", "/p", "", "", "{}", {2, 0, 1}, images, "extras"});
    const auto& assignment = std::get<Assignment>(*assigned);
    EXPECT_EQ(assignment.kind, "extras");
    EXPECT_EQ(assignment.trace, std::nullopt);
    EXPECT_EQ(assignment.inputs, images);
    const auto files = split_payload(assignment.inputs, assignment.input_bytes);
    ASSERT_EQ(files.size(), 3u);
    EXPECT_EQ(files[0].size(), 2u);
    EXPECT_TRUE(files[1].empty());
    EXPECT_EQ(files[2].front(), std::byte{3});
    Assignment traced{id, "m", "/p", "", "", "{}"};
    traced.trace = TraceContext::begin();
    EXPECT_EQ(std::get<Assignment>(*round_trip(traced)).trace, traced.trace);
    EXPECT_EQ(std::get<Interrupt>(*round_trip(Interrupt{id})).id, id);
    EXPECT_EQ(std::get<Drop>(*round_trip(Drop{{id, id}})).ids.size(), 2u);
    EXPECT_TRUE(std::holds_alternative<Drain>(*round_trip(Drain{})));
}

TEST(AgentProtocol, RefusesLengthsOverTheLimitBeforeAllocating) {
    std::vector<std::byte> prefix(kFramePrefixBytes, std::byte{0xFF});
    EXPECT_EQ(parse_prefix(prefix).error().code, ErrorCode::corrupt_input);
}

TEST(AgentProtocol, RefusesWhatIsNoMessage) {
    for (const char* header :
         {"",
          "[]",
          "{}",
          R"({"type":"nonsense"})",
          R"({"type":"claim","capacity":"many","model":""})",
          R"({"type":"done","task":"a","attempt":1,"result":"{}","image_bytes":[5]})",
          R"({"type":"done","task":"a","attempt":1,"result":"{}","image_bytes":[-1]})",
          R"({"type":"assignment","task":"a","attempt":1,"model":"m","path":"p","sha256":"",
              "request":"{}","kind":"txt2img"})",
          R"({"type":"assignment","task":"a","attempt":1,"model":"m","path":"p","sha256":"",
              "request":"{}","input_bytes":[]})",
          R"({"type":"assignment","task":"a","attempt":1,"model":"m","path":"p","sha256":"",
              "request":"{}","kind":"img2img","input_bytes":[1]})",
          R"({"type":"assignment","task":"a","attempt":1,"model":"m","path":"p","sha256":"",
              "identity":"","request":"{}","kind":"txt2img","input_bytes":[]})",
          R"({"type":"assignment","task":"a","attempt":1,"model":"m","path":"p","sha256":"",
              "identity":"","request":"{}","kind":"txt2img","input_bytes":[],
              "traceparent":"00-0-0-00"})",
          R"({"type":"done","task":"a","attempt":1,"result":"{}",
              "image_bytes":[9223372036854775807,9223372036854775807,2]})",
          R"({"type":"drop","ids":[{"task":1}]})"}) {
        EXPECT_FALSE(decode(header, {})) << header;
    }
}

}  // namespace
}  // namespace darkroom::cluster
