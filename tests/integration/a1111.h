// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "http/client.h"
#include "json/json.h"

namespace darkroom::integration {

inline constexpr const char* kTxt2img = "/sdapi/v1/txt2img";

/// A small picture.
struct Drawing {
    std::string prompt = "a fox, noto style, blue background";
    std::int64_t steps = 2;
    std::string sampler = "Euler a";
    std::int64_t seed = 1;
    /// The client's own name for the task; none when empty.
    std::string task_name = {};
};

/// The request's fields, for tests that change some.
json::Object fields_of(const Drawing& drawing);
std::string body_of(const Drawing& drawing);

/// The first picture of an answer as the bytes of its file; throws when there is none.
std::vector<std::byte> picture_of(const http::ClientResponse& response);

}  // namespace darkroom::integration
