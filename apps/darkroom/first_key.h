// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "storage/account_store.h"
#include "storage/audit_log.h"

namespace darkroom::app {

/// Sees to it that a server that asks for credentials can be administrated: where there are neither
/// keys nor users yet, makes an admin key and prints it to stdout, this once. Fails with
/// permission_denied when there are some, but no admin among them that is still good.
Result<void> ensure_admin(storage::AccountStore& accounts, storage::AuditLog& audit, Clock& clock);

}  // namespace darkroom::app
