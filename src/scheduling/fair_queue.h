// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace darkroom::scheduling {

/// Whose a task is, and in which class it competes.
struct Share {
    std::string tenant;
    /// Share of the device: 2 gets twice as much as 1.
    double weight = 1.0;
    /// Priority class.
    std::int32_t priority = 0;
};

/// When a task begins and ends in virtual time. The end is what claims are ordered by (Task::vft).
struct Tag {
    double start = 0.0;
    double finish = 0.0;
};

/// Start-time fair queuing (Goyal et al. 1996, section 2) over predicted device seconds: between
/// tenants that always have tasks waiting, service is shared by weight, whoever sends more.
///
/// A task starts where its tenant's last one finishes, but not before the virtual time, which is
/// the start of the task that is next: a tenant that was away begins level with the one that is
/// furthest behind, without credit for its absence and without a debt.
///
/// Each priority class is a fair queue of its own. A higher class goes first, whatever the tags
/// are, so it can starve a lower one: who may use which is the business of quotas. A value; not
/// thread-safe.
class FairQueue {
  public:
    /// The tag of a task that costs so many seconds; weights and costs are above 0.
    Tag stamp(const Share& share, double cost_s);

    /// Tells the least start of the tasks that wait in a class: its virtual time goes on to it,
    /// never back.
    void advance(std::int32_t priority, double least_start);

    /// The tenant's service differs by that many seconds from what its tags say: a task took
    /// longer (above 0), or ended without being drawn (below 0).
    void correct(const Share& share, double seconds);

    /// Takes up a task that was stamped by an earlier process.
    void restore(const Share& share, Tag tag);

    [[nodiscard]] double virtual_time(std::int32_t priority) const;

  private:
    struct Class {
        double now = 0.0;
        /// Finish of each tenant's last task, where that is ahead of virtual time.
        std::map<std::string, double> last_finish = {};

        [[nodiscard]] double next_start(const std::string& tenant) const;
    };

    std::map<std::int32_t, Class> classes_;
};

}  // namespace darkroom::scheduling
