// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace darkroom::control {

/// How long what has ended is kept; absent is for ever.
struct RetentionAges {
    std::optional<std::chrono::milliseconds> tasks = {};
    /// Pictures go with their task at the latest.
    std::optional<std::chrono::milliseconds> pictures = {};
};

struct RetentionPolicy {
    RetentionAges fallback = {};
    /// Tenants with ages of their own.
    std::map<std::string, RetentionAges> tenants = {};
    /// From one round to the next.
    std::chrono::milliseconds period = std::chrono::hours(1);

    [[nodiscard]] const RetentionAges& of(const std::string& tenant) const;
};

}  // namespace darkroom::control
