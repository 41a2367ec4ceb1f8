// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/task_event.h"
#include "json/json.h"

/// Messages of webhooks after the Standard Webhooks specification.
namespace darkroom::api {

/// "whsec_" and base64 of 32 random bytes.
std::string make_webhook_secret();

/// Whether a secret of the caller's is one: "whsec_" and base64 of 24 to 64 bytes. Fails with
/// invalid_argument.
Result<void> check_webhook_secret(std::string_view secret);

/// The JSON text to send: type "task.succeeded" and the like with the event's body as data, or
/// "webhook.test" without an event.
std::string webhook_body(const std::optional<domain::TaskEvent>& event, std::int64_t wall_ms);

/// What is signed.
struct WebhookContent {
    std::string_view id;
    /// Seconds since 1970.
    std::int64_t timestamp = 0;
    std::string_view body;
};

/// The webhook-signature header: "v1," and base64 of the HMAC-SHA256 over id.timestamp.body, one
/// for each secret, separated by blanks. Secrets that check_webhook_secret refuses do not sign.
std::string webhook_signature(
    const std::vector<std::string>& secrets, const WebhookContent& content);

}  // namespace darkroom::api
