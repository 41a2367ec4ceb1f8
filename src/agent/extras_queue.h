// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "cluster/agent_protocol.h"
#include "domain/extras.h"
#include "domain/generation.h"

namespace darkroom::agent {

/// Tasks that need no checkpoint, worked on picture by picture between the steps of the engine, in
/// the order in which they came.
class ExtrasQueue {
  public:
    explicit ExtrasQueue(domain::Receipt receipt) : receipt_(std::move(receipt)) {}

    /// Fails with invalid_argument when the request is none or its pictures are not all there.
    Result<void> add(cluster::Assignment assignment);

    /// Works on one picture of the oldest task: its Progress, Done or Failed. Nothing when empty.
    std::optional<cluster::Message> step();

    /// The task ends with the pictures it has. Attempt 0 means whichever is held.
    void interrupt(const cluster::AttemptId& id);
    void drop(const cluster::AttemptId& id);

    [[nodiscard]] bool empty() const { return jobs_.empty(); }
    [[nodiscard]] std::vector<cluster::AttemptId> held() const;

  private:
    struct Job {
        cluster::Assignment assignment;
        domain::Extras extras;
        std::vector<std::vector<std::byte>> files = {};
        bool interrupted = false;
    };

    [[nodiscard]] cluster::Done finish(Job& job) const;

    domain::Receipt receipt_;
    std::deque<Job> jobs_;
};

}  // namespace darkroom::agent
