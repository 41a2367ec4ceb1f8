// SPDX-License-Identifier: Apache-2.0
#include "gateway/withdrawals.h"

namespace darkroom::gateway {
namespace {

/// From here on, entries that nobody waits for any more are cleared away.
constexpr std::size_t kManyEvents = 1'000;

}  // namespace

std::vector<Withdrawals::Event> Withdrawals::events_of(const Grant& grant) {
    switch (grant.kind) {
        case GrantKind::none:
            return {};
        case GrantKind::key:
            return {event_of("key:" + grant.id)};
        case GrantKind::session:
            return {event_of("session:" + grant.id), event_of("user:" + grant.user)};
        case GrantKind::password:
            return {event_of("user:" + grant.user)};
    }
    return {};
}

Withdrawals::Event Withdrawals::event_of(const std::string& name) {
    const auto events = events_.lock();
    if (events->size() > kManyEvents) {
        std::erase_if(*events, [](const auto& entry) { return entry.second.expired(); });
    }
    std::weak_ptr<runtime::AsyncEvent>& slot = (*events)[name];
    std::shared_ptr<runtime::AsyncEvent> event = slot.lock();
    if (!event) {
        event = std::make_shared<runtime::AsyncEvent>();
        slot = event;
    }
    return event;
}

void Withdrawals::note(const std::string& name) {
    std::shared_ptr<runtime::AsyncEvent> event;
    {
        const auto events = events_.lock();
        const auto found = events->find(name);
        if (found != events->end()) event = found->second.lock();
    }
    if (event) event->notify_all();
}

}  // namespace darkroom::gateway
