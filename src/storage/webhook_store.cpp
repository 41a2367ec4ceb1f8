// SPDX-License-Identifier: Apache-2.0
#include "storage/webhook_store.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/format.h"

namespace darkroom::storage {

Error no_such_webhook() {
    return Error{ErrorCode::not_found, "no such webhook", "id"};
}

Error too_many_webhooks() {
    return Error{
        ErrorCode::conflict,
        format("there may be at most {} webhooks", WebhookStore::kMostOfTenant)};
}

Error webhook_is_disabled() {
    return Error{
        ErrorCode::conflict, "the webhook is disabled; post its URL again to enable it", "id"};
}

std::vector<std::size_t> take_turns(
    const std::vector<std::string>& tenants, const DeliveryClaim& claim) {
    std::map<std::string, std::deque<std::size_t>> waiting;
    for (std::size_t i = 0; i < tenants.size(); ++i)
        waiting[tenants[i]].push_back(i);
    std::map<std::string, std::int32_t> under_way = claim.under_way;
    std::vector<std::size_t> taken;
    for (std::int32_t left = claim.limit; left > 0 && !waiting.empty(); --left) {
        const auto next = std::ranges::min_element(waiting, {}, [&](const auto& entry) {
            return std::pair(under_way[entry.first], entry.second.front());
        });
        std::int32_t& count = under_way[next->first];
        if (count >= left) break;
        ++count;
        taken.push_back(next->second.front());
        next->second.pop_front();
        if (next->second.empty()) waiting.erase(next);
    }
    return taken;
}

}  // namespace darkroom::storage
