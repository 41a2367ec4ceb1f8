// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "control/dispatcher.h"
#include "domain/tenant.h"
#include "gateway/leaky_buckets.h"
#include "storage/account_store.h"

namespace darkroom::gateway {

/// Lets a tenant submit as much as its quotas allow, and as much of what costs no device time as
/// anybody may. Thread-safe.
class QuotaGate {
  public:
    /// Both outlive the gate.
    QuotaGate(storage::AccountStore& accounts, Clock& clock)
        : accounts_(accounts), clock_(clock), kept_calls_(clock), webhook_tests_(clock) {}

    /// Calls whose answer is kept: as many at once, then one each second.
    static constexpr BucketSize kKeptCalls{.capacity = 60, .per_second = 1.0};
    /// Test messages to webhooks: as many at once, then one each ten seconds.
    static constexpr BucketSize kWebhookTests{.capacity = 10, .per_second = 0.1};

    /// Dispatcher::submit within the quotas, which hold exactly, however many submit at once. Fails
    /// besides with resource_exhausted, whose field is the quota that is used up. A task that was
    /// submitted before under its name costs nothing.
    runtime::Task<domain::Task> submit(
        control::Dispatcher& dispatcher, domain::Quotas quotas, control::Submission submission);

    /// Seconds until a submit may succeed that failed with this; 0 for any other error.
    [[nodiscard]] std::int64_t retry_after_s(const Error& error) const;

    /// Counts one more: 0 when the tenant may, else the seconds until it may.
    [[nodiscard]] std::int64_t count_kept_call(const std::string& tenant) {
        return kept_calls_.take(tenant, kKeptCalls);
    }
    [[nodiscard]] std::int64_t count_webhook_test(const std::string& tenant) {
        return webhook_tests_.take(tenant, kWebhookTests);
    }

  private:
    boost::asio::awaitable<bool> was_submitted(storage::TaskStore& store, storage::TaskName name);
    runtime::Task<domain::Task> submit_charged(
        control::Dispatcher& dispatcher,
        storage::PictureCharge pictures,
        control::Submission submission);
    runtime::Task<void> charge(storage::PictureCharge charge);

    storage::AccountStore& accounts_;
    Clock& clock_;
    LeakyBuckets kept_calls_;
    LeakyBuckets webhook_tests_;
};

}  // namespace darkroom::gateway
