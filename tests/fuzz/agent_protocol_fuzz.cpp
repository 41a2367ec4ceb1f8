// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "cluster/agent_protocol.h"

namespace {

using namespace darkroom;
using namespace darkroom::cluster;

Result<Message> read_frame(std::span<const std::byte> frame) {
    DARKROOM_TRY_ASSIGN(const FrameLengths lengths, parse_prefix(frame.first(kFramePrefixBytes)));
    const auto rest = frame.subspan(kFramePrefixBytes);
    const auto header = rest.first(std::min(lengths.header, rest.size()));
    const auto payload = rest.subspan(header.size());
    return decode(
        {reinterpret_cast<const char*>(header.data()), header.size()},
        {payload.begin(), payload.end()});
}

}  // namespace

/// A frame that is understood is written as a frame that means the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < kFramePrefixBytes) return 0;
    const auto message = read_frame({reinterpret_cast<const std::byte*>(data), size});
    if (!message) {
        DARKROOM_CHECK(
            message.error().code == ErrorCode::corrupt_input, "a refusal is corrupt_input");
        return 0;
    }
    const std::vector<std::byte> written = encode(*message);
    const auto again = read_frame(written);
    DARKROOM_CHECK(again.has_value(), "our own frame is understood");
    DARKROOM_CHECK(encode(*again) == written, "a message round-trips");
    return 0;
}
