// SPDX-License-Identifier: Apache-2.0
#include "gateway/ticket_box.h"

#include "base/sha256.h"
#include "domain/user.h"

namespace darkroom::gateway {

Result<std::string> TicketBox::issue(const Caller& caller) {
    const std::int64_t now = clock_.boot_ms();
    std::string text = domain::random_token();
    Ticket ticket{caller, now + kLifetimeMs};
    ticket.caller.scopes = {};
    if (caller.scopes.allow(domain::Scope::generate)) {
        ticket.caller.scopes.add(domain::Scope::generate);
    }
    const auto tickets = tickets_.lock();
    std::size_t of_tenant = 0;
    for (auto entry = tickets->begin(); entry != tickets->end();) {
        if (entry->second.expires_ms <= now) {
            entry = tickets->erase(entry);
            continue;
        }
        if (entry->second.caller.tenant == caller.tenant) ++of_tenant;
        ++entry;
    }
    if (tickets->size() >= kMaxTickets || of_tenant >= kMaxOfTenant) {
        return Error{ErrorCode::unavailable, "too many tickets wait to be used; try again later"};
    }
    tickets->emplace(sha256_hex(text), std::move(ticket));
    return text;
}

std::optional<Caller> TicketBox::redeem(const std::string& ticket) {
    const auto tickets = tickets_.lock();
    const auto node = tickets->extract(sha256_hex(ticket));
    if (node.empty() || node.mapped().expires_ms <= clock_.boot_ms()) return std::nullopt;
    return node.mapped().caller;
}

}  // namespace darkroom::gateway
