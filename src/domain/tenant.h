// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace darkroom::domain {

/// Everybody's tenant while no keys are asked for.
inline constexpr std::string_view kLocalTenant = "local";

/// 1 to 64 of [a-z0-9-], the first no '-': fit for a file name and an object key. Fails with
/// invalid_argument (field "tenant").
Result<void> check_tenant_name(std::string_view name);

/// What a tenant may take; absent is without bound.
struct Quotas {
    /// Tasks that wait at once.
    std::optional<std::int64_t> queued_tasks = {};
    /// Predicted device time of the tasks that wait.
    std::optional<double> queued_seconds = {};
    /// Pictures asked for in one UTC day.
    std::optional<std::int64_t> pictures_per_day = {};
    /// Requests of any kind; two seconds' worth may come at once.
    std::optional<double> requests_per_second = {};

    friend bool operator==(const Quotas&, const Quotas&) = default;
};

/// Fails with invalid_argument (the field) for a negative or non-finite bound, and for a rate below
/// one request in 1000 s.
Result<void> check(const Quotas& quotas);

/// On whose behalf requests are made. One that was never set up has no quotas.
struct Tenant {
    std::string name;
    Quotas quotas = {};
    std::int64_t created_ms = 0;
};

}  // namespace darkroom::domain
