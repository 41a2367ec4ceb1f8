// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "control/dispatcher.h"
#include "domain/tenant.h"
#include "storage/account_store.h"

namespace darkroom::gateway {

/// Lets a tenant submit as much as its quotas allow. Thread-safe.
class QuotaGate {
  public:
    /// Both outlive the gate.
    QuotaGate(storage::AccountStore& accounts, Clock& clock) : accounts_(accounts), clock_(clock) {}

    /// Dispatcher::submit within the quotas. Fails besides with resource_exhausted, whose field is
    /// the quota that is used up. A task that was submitted before under its name costs nothing.
    runtime::Task<domain::Task> submit(
        control::Dispatcher& dispatcher, domain::Quotas quotas, control::Submission submission);

    /// Seconds until a submit may succeed that failed with this; 0 for any other error.
    [[nodiscard]] std::int64_t retry_after_s(const Error& error) const;

  private:
    /// Between the look at the queue and the commit a task is counted here.
    struct Pending {
        std::int64_t tasks = 0;
        double seconds = 0;
    };
    class Reservation;

    runtime::Task<void> check_queue(
        storage::TaskStore& store, domain::Quotas quotas, std::string tenant);
    runtime::Task<void> charge(storage::PictureCharge charge);

    storage::AccountStore& accounts_;
    Clock& clock_;
    Guarded<std::map<std::string, Pending>> pending_;
};

}  // namespace darkroom::gateway
