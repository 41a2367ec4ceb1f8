// SPDX-License-Identifier: Apache-2.0
#include "storage/webhook_store.h"

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

}  // namespace darkroom::storage
