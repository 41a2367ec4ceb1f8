// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/file.h"
#include "json/json.h"

namespace darkroom::engine {

/// For tests: a file of tests/golden. Throws ContractViolation when it cannot be read.
inline json::Value read_golden(const std::string& name) {
    const std::string path = std::string(DARKROOM_SOURCE_DIR "/tests/golden/") + name;
    const Result<std::string> text = read_file(path, std::size_t{1} << 24);
    return json::parse(text.value()).value();
}

inline std::vector<double> numbers(const json::Value& array) {
    std::vector<double> result;
    for (const json::Value& value : array.as_array()) {
        result.push_back(value.as_double());
    }
    return result;
}

}  // namespace darkroom::engine
