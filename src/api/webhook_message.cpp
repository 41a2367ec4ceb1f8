// SPDX-License-Identifier: Apache-2.0
#include "api/webhook_message.h"

#include <array>
#include <cstddef>

#include "api/task_event_body.h"
#include "api/usage_body.h"
#include "base/encoding.h"
#include "base/format.h"
#include "base/hmac.h"
#include "base/random.h"
#include "domain/usage.h"

namespace darkroom::api {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kShortestSecret = 24;
constexpr std::size_t kLongestSecret = 64;
constexpr std::size_t kMadeSecret = 32;

Result<std::vector<std::byte>> key_of(std::string_view secret) {
    const Error refusal{
        ErrorCode::invalid_argument,
        format("a secret is whsec_ and base64 of {} to {} bytes", kShortestSecret, kLongestSecret),
        "secrets"};
    if (!secret.starts_with(kPrefix) || secret.size() > 2 * kLongestSecret) return refusal;
    Result<std::vector<std::byte>> key = base64_decode(secret.substr(kPrefix.size()));
    if (!key || key->size() < kShortestSecret || key->size() > kLongestSecret) return refusal;
    return key;
}

/// "2026-11-21T14:00:00Z".
std::string time_text(std::int64_t wall_ms) {
    const std::int64_t second = wall_ms % domain::kMsPerDay / 1'000;
    return format(
        "{}T{:02}:{:02}:{:02}Z",
        day_text(wall_ms / domain::kMsPerDay),
        second / 3'600,
        second / 60 % 60,
        second % 60);
}

}  // namespace

std::string make_webhook_secret() {
    std::array<std::byte, kMadeSecret> key{};
    for (std::byte& byte : key)
        byte = static_cast<std::byte>(random_below(256));
    return std::string(kPrefix) + base64_encode(key);
}

Result<void> check_webhook_secret(std::string_view secret) {
    const Result<std::vector<std::byte>> key = key_of(secret);
    if (!key) return key.error();
    return {};
}

std::string webhook_body(const std::optional<domain::TaskEvent>& event, std::int64_t wall_ms) {
    const std::string kind =
        event ? format("task.{}", domain::to_string(event->kind)) : "webhook.test";
    return json::dump(json::Object{
        {"type", kind},
        {"timestamp", time_text(wall_ms)},
        {"data", event ? task_event_body(*event, {}) : json::Object()}});
}

std::string webhook_signature(
    const std::vector<std::string>& secrets, const WebhookContent& content) {
    const std::string text = format("{}.{}.{}", content.id, content.timestamp, content.body);
    std::string header;
    for (const std::string& secret : secrets) {
        const Result<std::vector<std::byte>> key = key_of(secret);
        if (!key) continue;
        const auto digest = hmac_sha256(*key, text);
        header += (header.empty() ? "v1," : " v1,") + base64_encode(digest);
    }
    return header;
}

}  // namespace darkroom::api
