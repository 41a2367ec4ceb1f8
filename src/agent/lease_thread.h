// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/channel.h"
#include "base/guarded.h"

namespace darkroom::agent {

/// Renews the leases of what the agent holds every ten seconds, however long a step takes.
class LeaseThread {
  public:
    /// Both outlive the thread.
    LeaseThread(Channel& channel, Guarded<std::vector<cluster::AttemptId>>& held);
    ~LeaseThread();
    LeaseThread(const LeaseThread&) = delete;
    LeaseThread& operator=(const LeaseThread&) = delete;

  private:
    void renew();

    Channel& channel_;
    Guarded<std::vector<cluster::AttemptId>>& held_;
    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace darkroom::agent
