// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "gateway/gateway_fixture.h"

namespace darkroom::gateway {

/// A gateway that asks for credentials, and the means to get some.
class CredentialsTest : public GatewayTest {
  protected:
    explicit CredentialsTest(AccessOptions options = {.requires_credentials = true})
        : GatewayTest(std::move(options)) {}

    /// A new key's text.
    std::string key_for(const std::string& tenant, domain::Scopes scopes) {
        const domain::IssuedKey issued =
            domain::issue_key({.tenant = tenant, .scopes = scopes}, clock_.now_ms).value();
        DARKROOM_CHECK(
            storage::wait(accounts_, &storage::AccountStore::add_key, issued.key).has_value(),
            "no key");
        return issued.text;
    }

    /// A user whose password is cheap to check.
    void add_user(const std::string& name, const std::string& password, domain::Role role) {
        const domain::User user{
            name, name, role, hash_password(password, {.log2_n = 4, .r = 1, .p = 1}), 1};
        DARKROOM_CHECK(
            storage::wait(accounts_, &storage::AccountStore::add_user, user).has_value(),
            "no user");
    }

    static http::Headers bearer(const std::string& key) {
        return {{"Authorization", "Bearer " + key}};
    }

    http::ClientResponse send_as(
        const std::string& key,
        const std::string& route,
        const std::string& body = "",
        http::Headers headers = {}) const {
        const std::size_t blank = route.find(' ');
        headers.set("Authorization", "Bearer " + key);
        return send(route.substr(0, blank), route.substr(blank + 1), std::move(headers), body);
    }

    /// Every record of the audit log as "actor action subject outcome", oldest first.
    std::vector<std::string> audited() {
        const auto records =
            storage::wait(audit_, &storage::AuditLog::list, {.limit = 1000}).value();
        std::vector<std::string> lines;
        for (auto record = records.rbegin(); record != records.rend(); ++record) {
            const domain::AuditEntry& entry = record->entry;
            lines.push_back(
                entry.actor + " " + entry.action + " " + entry.subject + " " + entry.outcome);
        }
        return lines;
    }

    /// Takes the next task and draws one empty picture for it.
    domain::Task draw_next() {
        domain::Task task = claim();
        finish({task.id, task.attempt, kAgent}, task.tenant);
        return task;
    }
};

}  // namespace darkroom::gateway
