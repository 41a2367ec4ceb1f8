// SPDX-License-Identifier: Apache-2.0
#include "control/attempt_folders.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

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

/// Entries come in the order of keys.
void add_entry(const storage::ObjectEntry& entry, std::vector<AttemptFolder>& folders) {
    std::optional<AttemptFolder> folder = folder_of(entry);
    if (!folder) return;
    if (!folders.empty() && folders.back().key == folder->key) {
        folders.back().objects += 1;
        folders.back().bytes += folder->bytes;
        folders.back().newest_ms = std::max(folders.back().newest_ms, folder->newest_ms);
    } else {
        folders.push_back(*std::move(folder));
    }
}

}  // namespace

std::vector<AttemptFolder> attempt_folders(const std::vector<storage::ObjectEntry>& entries) {
    std::vector<AttemptFolder> folders;
    for (const storage::ObjectEntry& entry : entries)
        add_entry(entry, folders);
    return folders;
}

Result<std::vector<AttemptFolder>> AttemptFolderPages::next(
    const std::function<void(const storage::ObjectEntry&)>& look) {
    DARKROOM_TRY_ASSIGN(const std::vector<storage::ObjectEntry> entries, objects_.list(query_));
    std::vector<AttemptFolder> folders;
    if (open_) folders.push_back(*std::exchange(open_, std::nullopt));
    for (const storage::ObjectEntry& entry : entries) {
        if (look) look(entry);
        add_entry(entry, folders);
    }
    is_over_ = entries.size() < query_.limit;
    if (is_over_) return folders;
    query_.after = entries.back().key;
    if (folders.empty()) return folders;
    open_ = std::move(folders.back());
    folders.pop_back();
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
