// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "domain/api_key.h"
#include "domain/audit.h"
#include "domain/tenant.h"
#include "domain/user.h"
#include "json/json.h"

/// What the administration answers. No digest and no password is ever in it.
namespace darkroom::api {

json::Object key_body(const domain::ApiKey& key);
/// With "key", the text that is shown this once.
json::Object issued_key_body(const domain::IssuedKey& issued);
/// {"keys": [...]}.
json::Object keys_body(const std::vector<domain::ApiKey>& keys);

json::Object user_body(const domain::User& user);
/// {"users": [...]}.
json::Object users_body(const std::vector<domain::User>& users);

json::Object tenant_body(const domain::Tenant& tenant);

/// {"records": [...], "next": the `before` of the next page, or null}.
json::Object audit_body(const std::vector<domain::AuditRecord>& records, bool is_last);

}  // namespace darkroom::api
