// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/api_key.h"
#include "domain/tenant.h"
#include "domain/user.h"
#include "storage/completion.h"

namespace darkroom::storage {

/// A moment in the life of a key.
struct KeyMoment {
    std::string id;
    std::int64_t at_ms = 0;
};

struct KeyFilter {
    /// Every tenant when absent.
    std::optional<std::string> tenant = {};
};

/// Pictures that a tenant asks for on a day (days since 1970, UTC). A negative number gives
/// pictures back that were not submitted in the end.
struct PictureCharge {
    std::string tenant;
    std::int64_t day = 0;
    std::int64_t pictures = 0;
    /// Of the whole day; absent is without bound.
    std::optional<std::int64_t> limit = {};
};

/// Tenants with their settings, keys, users, sessions and usage. Secrets come in as digests only.
///
/// Safe to call from any thread and never blocks; completions as TaskStore's. Every operation can
/// fail with unavailable or resource_exhausted (full disk); nothing of it has happened then.
class AccountStore {
  public:
    virtual ~AccountStore() = default;

    /// Adds a tenant or replaces its quotas; the time of its creation stays.
    virtual void set_tenant(domain::Tenant tenant, Completion<domain::Tenant> done) = 0;
    /// Fails with not_found for a tenant that was never set.
    virtual void get_tenant(std::string name, Completion<domain::Tenant> done) = 0;

    /// Fails with conflict when the id is taken.
    virtual void add_key(domain::ApiKey key, Completion<void> done) = 0;
    /// Fails with not_found; revoked keys are found.
    virtual void get_key(std::string id, Completion<domain::ApiKey> done) = 0;
    /// Oldest first, revoked ones too.
    virtual void list_keys(KeyFilter filter, Completion<std::vector<domain::ApiKey>> done) = 0;
    /// The key is good for nothing from now on. Fails with not_found; a key that was revoked before
    /// stays as it is.
    virtual void revoke_key(KeyMoment moment, Completion<void> done) = 0;
    /// Notes the last use. An unknown id is nothing.
    virtual void note_key_use(KeyMoment moment, Completion<void> done) = 0;

    /// Fails with conflict when the name is taken.
    virtual void add_user(domain::User user, Completion<void> done) = 0;
    /// Fails with not_found.
    virtual void get_user(std::string name, Completion<domain::User> done) = 0;
    /// By name.
    virtual void list_users(Completion<std::vector<domain::User>> done) = 0;
    /// With all sessions. Fails with not_found.
    virtual void remove_user(std::string name, Completion<void> done) = 0;

    /// Removes sessions that have expired by the store's clock, too. Fails with not_found for an
    /// unknown user.
    virtual void add_session(domain::Session session, Completion<void> done) = 0;
    /// By the hash of its token, expired or not. Fails with not_found.
    virtual void get_session(std::string token_hash, Completion<domain::Session> done) = 0;
    /// Moves the end of a session. An unknown one is nothing.
    virtual void extend_session(domain::Session session, Completion<void> done) = 0;
    /// An unknown one is nothing.
    virtual void remove_session(std::string token_hash, Completion<void> done) = 0;

    /// Adds to the day's pictures and returns their sum, or fails with resource_exhausted (field
    /// "pictures_per_day") when that would pass the limit. The sum never falls below 0.
    virtual void charge_pictures(PictureCharge charge, Completion<std::int64_t> done) = 0;
};

// The answers that every store gives in the same words.
Error no_such_tenant();
Error no_such_key();
Error key_id_taken();
Error no_such_user();
Error user_name_taken();
Error no_such_session();
Error too_many_pictures();

}  // namespace darkroom::storage
