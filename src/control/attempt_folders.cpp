// SPDX-License-Identifier: Apache-2.0
#include "control/attempt_folders.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "api/task_payload.h"
#include "base/format.h"

namespace darkroom::control {
namespace {

constexpr std::size_t kFolderSegments = 3;

std::optional<std::int64_t> parse_number(const std::string& text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::optional<AttemptFolder> folder_of(const storage::ObjectEntry& entry) {
    const std::vector<std::string> segments = entry.key.segments();
    if (segments.size() <= kFolderSegments) return std::nullopt;
    const Result<domain::TaskId> task = domain::TaskId::parse(segments[1]);
    const std::optional<std::int64_t> attempt = parse_number(segments[2]);
    if (!task || !attempt) return std::nullopt;
    const Result<storage::ObjectKey> key =
        storage::ObjectKey::parse(format("{}/{}/{}", segments[0], segments[1], segments[2]));
    if (!key) return std::nullopt;
    return AttemptFolder{
        *key, *task, *attempt, 1, static_cast<std::int64_t>(entry.size_bytes), entry.modified_ms};
}

}  // namespace

std::vector<AttemptFolder> attempt_folders(const std::vector<storage::ObjectEntry>& entries) {
    std::vector<AttemptFolder> folders;
    for (const storage::ObjectEntry& entry : entries) {
        std::optional<AttemptFolder> folder = folder_of(entry);
        if (!folder) continue;
        if (!folders.empty() && folders.back().key == folder->key) {
            folders.back().objects += 1;
            folders.back().bytes += folder->bytes;
            folders.back().newest_ms = std::max(folders.back().newest_ms, folder->newest_ms);
        } else {
            folders.push_back(*std::move(folder));
        }
    }
    return folders;
}

bool wants(const PictureOwner& owner, const AttemptFolder& folder) {
    if (folder.attempt == kInputsAttempt) return true;
    if (!domain::is_final(owner.state)) return owner.attempt == folder.attempt;
    return std::ranges::any_of(owner.images, [&](const std::string& image) {
        const Result<storage::ObjectKey> key = storage::ObjectKey::parse(image);
        return key && folder.key.contains(*key);
    });
}

std::vector<std::string> images_of(const std::string& result) {
    if (result.empty()) return {};
    Result<api::TaskResult> decoded = api::decode_result(result);
    if (!decoded) return {};
    return std::move(decoded->images);
}

}  // namespace darkroom::control
