// SPDX-License-Identifier: Apache-2.0
#include "agent/lease_thread.h"

#include <chrono>

namespace darkroom::agent {
namespace {

constexpr auto kInterval = std::chrono::seconds(10);

}  // namespace

LeaseThread::LeaseThread(Channel& channel, Guarded<std::vector<cluster::AttemptId>>& held)
    : channel_(channel), held_(held), thread_([this] { renew(); }) {}

LeaseThread::~LeaseThread() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    stopping_.notify_one();
    thread_.join();
}

void LeaseThread::renew() {
    std::unique_lock lock(mutex_);
    while (!stopping_.wait_for(lock, kInterval, [this] { return stop_; })) {
        std::vector<cluster::AttemptId> ids = *held_.lock();
        channel_.send(cluster::AgentHeartbeat{std::move(ids)});
    }
}

}  // namespace darkroom::agent
