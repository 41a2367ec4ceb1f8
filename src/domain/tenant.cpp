// SPDX-License-Identifier: Apache-2.0
#include "domain/tenant.h"

#include <algorithm>
#include <cmath>

namespace darkroom::domain {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr double kSlowestRate = 0.001;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

Error bad_quota(const char* field) {
    return Error{ErrorCode::invalid_argument, "a quota is null or a number from 0 on", field};
}

}  // namespace

Result<void> check_tenant_name(std::string_view name) {
    const bool fits =
        !name.empty() && name.size() <= kMaxName && is_alphanumeric(name.front()) &&
        std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '-'; });
    if (fits) return {};
    return Error{
        ErrorCode::invalid_argument,
        "a tenant's name is 1 to 64 of a-z, 0-9 and '-', and begins with no '-'",
        "tenant"};
}

Result<void> check(const Quotas& quotas) {
    if (quotas.queued_tasks.value_or(0) < 0) return bad_quota("quotas.queuedTasks");
    const double seconds = quotas.queued_seconds.value_or(0);
    if (!std::isfinite(seconds) || seconds < 0) return bad_quota("quotas.queuedSeconds");
    if (quotas.pictures_per_day.value_or(0) < 0) return bad_quota("quotas.picturesPerDay");
    const double rate = quotas.requests_per_second.value_or(1);
    if (!std::isfinite(rate) || rate < kSlowestRate) {
        return Error{
            ErrorCode::invalid_argument,
            "the rate is null or a number from 0.001 on",
            "quotas.requestsPerSecond"};
    }
    return {};
}

}  // namespace darkroom::domain
