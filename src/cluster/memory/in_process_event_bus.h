// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/guarded.h"
#include "cluster/event_bus.h"

namespace darkroom::cluster {

/// EventBus of one process: handlers run on the publisher's thread, before publish returns.
class InProcessEventBus final : public EventBus {
  public:
    void publish(BusMessage message) override;
    Subscription subscribe(Handler handler) override;

  private:
    /// Empty once its subscription has ended.
    using Subscriber = Guarded<Handler>;

    Guarded<std::vector<std::shared_ptr<Subscriber>>> subscribers_;
};

}  // namespace darkroom::cluster
