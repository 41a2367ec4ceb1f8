// SPDX-License-Identifier: Apache-2.0
#include "storage/memory/in_memory_webhook_store.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/random.h"

namespace darkroom::storage {

InMemoryWebhookStore::Entry* InMemoryWebhookStore::find(Entries& entries, const WebhookName& name) {
    const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
        return entry.webhook.tenant == name.tenant && entry.webhook.id == name.id;
    });
    return found == entries.end() ? nullptr : &*found;
}

InMemoryWebhookStore::Entry* InMemoryWebhookStore::sender_of(
    Entries& entries, const std::string& delivery) {
    const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
        return !entry.outbox.empty() && entry.outbox.front().id == delivery;
    });
    return found == entries.end() ? nullptr : &*found;
}

void InMemoryWebhookStore::put(NewWebhook request, Completion<Webhook> done) {
    Result<Webhook> outcome = too_many_webhooks();
    {
        const auto entries = entries_.lock();
        std::int32_t count = 0;
        Entry* place = nullptr;
        for (Entry& entry : *entries) {
            if (entry.webhook.tenant != request.tenant) continue;
            ++count;
            if (entry.webhook.url == request.url) place = &entry;
        }
        if (place == nullptr && count < kMostOfTenant) {
            if (request.secrets.empty()) request.secrets.push_back(request.first_secret);
            place = &entries->emplace_back();
            place->webhook.id = random_id();
            place->webhook.created_ms = clock_.wall_ms();
        }
        if (place != nullptr) {
            place->webhook.tenant = std::move(request.tenant);
            place->webhook.url = std::move(request.url);
            if (!request.secrets.empty()) place->webhook.secrets = std::move(request.secrets);
            place->webhook.failures = 0;
            // One that is enabled keeps its hold: a message may be on its way.
            if (!place->webhook.disabled_reason.empty()) place->not_before_ms = 0;
            place->webhook.disabled_reason.clear();
            outcome = place->webhook;
        }
    }
    done(std::move(outcome));
}

void InMemoryWebhookStore::list(std::string tenant, Completion<std::vector<Webhook>> done) {
    std::vector<Webhook> found;
    for (const Entry& entry : *entries_.lock()) {
        if (entry.webhook.tenant == tenant) found.push_back(entry.webhook);
    }
    done(std::move(found));
}

void InMemoryWebhookStore::rotate(WebhookRotation request, Completion<Webhook> done) {
    Result<Webhook> outcome = no_such_webhook();
    {
        const auto entries = entries_.lock();
        if (Entry* entry = find(*entries, request.name)) {
            std::vector<std::string>& secrets = entry->webhook.secrets;
            secrets.resize(std::min<std::size_t>(secrets.size(), 1));
            secrets.insert(secrets.begin(), std::move(request.secret));
            outcome = entry->webhook;
        }
    }
    done(std::move(outcome));
}

void InMemoryWebhookStore::remove(WebhookName name, Completion<void> done) {
    const auto removed = std::erase_if(*entries_.lock(), [&](const Entry& entry) {
        return entry.webhook.tenant == name.tenant && entry.webhook.id == name.id;
    });
    if (removed == 0) return done(no_such_webhook());
    done(Result<void>());
}

void InMemoryWebhookStore::test(WebhookName name, Completion<std::string> done) {
    Result<std::string> outcome = no_such_webhook();
    {
        const auto entries = entries_.lock();
        Entry* entry = find(*entries, name);
        if (entry != nullptr && !entry->webhook.disabled_reason.empty()) {
            outcome = webhook_is_disabled();
        } else if (entry != nullptr) {
            entry->outbox.push_back({random_id(), {}, clock_.wall_ms(), ++sequence_});
            outcome = entry->outbox.back().id;
        }
    }
    done(std::move(outcome));
}

void InMemoryWebhookStore::claim(
    DeliveryClaim request, Completion<std::vector<WebhookDelivery>> done) {
    std::vector<WebhookDelivery> claimed;
    {
        const auto entries = entries_.lock();
        const std::int64_t now = clock_.wall_ms();
        std::vector<Entry*> ready;
        for (Entry& entry : *entries) {
            if (!entry.outbox.empty() && entry.not_before_ms <= now) ready.push_back(&entry);
        }
        std::ranges::sort(
            ready, {}, [](const Entry* entry) { return entry->outbox.front().sequence; });
        std::vector<std::string> tenants;
        for (const Entry* entry : ready)
            tenants.push_back(entry->webhook.tenant);
        for (const std::size_t place : take_turns(tenants, request)) {
            Entry& entry = *ready[place];
            entry.not_before_ms = now + request.hold_ms;
            const Message& message = entry.outbox.front();
            claimed.push_back({message.id, entry.webhook, message.event, message.wall_ms});
        }
    }
    done(std::move(claimed));
}

void InMemoryWebhookStore::delivered(std::string id, Completion<void> done) {
    {
        const auto entries = entries_.lock();
        if (Entry* entry = sender_of(*entries, id)) {
            entry->outbox.pop_front();
            entry->webhook.failures = 0;
            entry->not_before_ms = 0;
        }
    }
    done(Result<void>());
}

void InMemoryWebhookStore::failed(FailedDelivery request, Completion<void> done) {
    {
        const auto entries = entries_.lock();
        if (Entry* entry = sender_of(*entries, request.id)) {
            entry->not_before_ms = clock_.wall_ms() + request.retry_ms;
            if (++entry->webhook.failures >= request.disable_after) {
                entry->webhook.disabled_reason = std::move(request.reason);
                entry->outbox.clear();
            }
        }
    }
    done(Result<void>());
}

void InMemoryWebhookStore::add_event(const domain::TaskEvent& event) {
    if (!domain::is_final(domain::state_after(event.kind))) return;
    for (Entry& entry : *entries_.lock()) {
        const bool is_wanted =
            entry.webhook.tenant == event.tenant && entry.webhook.disabled_reason.empty();
        if (is_wanted) entry.outbox.push_back({random_id(), event, event.wall_ms, ++sequence_});
    }
}

}  // namespace darkroom::storage
