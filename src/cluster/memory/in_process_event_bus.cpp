// SPDX-License-Identifier: Apache-2.0
#include "cluster/memory/in_process_event_bus.h"

#include <utility>

namespace darkroom::cluster {

void InProcessEventBus::publish(BusMessage message) {
    const std::vector<std::shared_ptr<Subscriber>> subscribers = *subscribers_.lock();
    for (const std::shared_ptr<Subscriber>& subscriber : subscribers) {
        const auto handler = subscriber->lock();
        if (*handler) (*handler)(message);
    }
}

Subscription InProcessEventBus::subscribe(Handler handler) {
    auto subscriber = std::make_shared<Subscriber>(std::move(handler));
    subscribers_.lock()->push_back(subscriber);
    return Subscription([this, subscriber] {
        *subscriber->lock() = {};
        std::erase(*subscribers_.lock(), subscriber);
    });
}

}  // namespace darkroom::cluster
