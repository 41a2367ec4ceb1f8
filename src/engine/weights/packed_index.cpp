// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/packed_index.h"

#include <algorithm>
#include <utility>

#include "json/json.h"

namespace darkroom::engine {
namespace {

constexpr std::size_t kDigestDigits = 64;
constexpr std::string_view kExtension = ".packed";

bool is_digest(const json::Value& value) {
    if (!value.is_string() || value.as_string().size() != kDigestDigits) return false;
    return value.as_string().find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_file_name(const json::Value& value) {
    if (!value.is_string()) return false;
    const std::string& name = value.as_string();
    return name.size() > kExtension.size() && name.ends_with(kExtension) &&
           name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

bool is_count(const json::Value& value) {
    return value.is_integer() && value.as_integer() >= 0;
}

bool is_entry(const json::Value& value) {
    return value.is_array() && value.as_array().size() == 4 && value[0].is_string() &&
           (is_count(value[1]) || is_file_name(value[1])) && is_count(value[2]) &&
           is_digest(value[3]);
}

PackedIndex::Entry entry_of(const json::Value& value) {
    PackedIndex::Entry entry;
    entry.tag = value[0].as_string();
    entry.size_bytes = static_cast<std::size_t>(value[2].as_integer());
    entry.sha256 = value[3].as_string();
    if (value[1].is_string()) {
        entry.owner = value[1].as_string();
    } else {
        entry.offset_bytes = static_cast<std::size_t>(value[1].as_integer());
    }
    return entry;
}

}  // namespace

std::string PackedIdentity::file_name() const {
    constexpr std::size_t kDigits = 32;
    std::string name = checkpoint_sha256.substr(0, kDigits) + "." + fingerprint;
    std::ranges::replace(name, '/', '-');
    return name.append(kExtension);
}

std::string packed_index_json(const PackedIndex& index) {
    json::Object entries;
    for (const auto& [key, entry] : index.entries) {
        json::Value place = std::uint64_t{entry.offset_bytes};
        if (!entry.owner.empty()) place = entry.owner;
        entries.append(
            key,
            json::Array{
                entry.tag, std::move(place), std::uint64_t{entry.size_bytes}, entry.sha256});
    }
    return json::dump(json::Object{
        {"checkpoint_sha256", index.identity.checkpoint_sha256},
        {"fingerprint", index.identity.fingerprint},
        {"entries", std::move(entries)}});
}

Result<PackedIndex> parse_packed_index(std::string_view text) {
    const Error damaged{ErrorCode::corrupt_input, "the file is damaged"};
    DARKROOM_TRY_ASSIGN(const json::Value json, json::parse(text));
    const json::Value* sha256 = json.find("checkpoint_sha256");
    const json::Value* fingerprint = json.find("fingerprint");
    const json::Value* entries = json.find("entries");
    if (sha256 == nullptr || fingerprint == nullptr || entries == nullptr || !sha256->is_string() ||
        !fingerprint->is_string() || !entries->is_object()) {
        return damaged;
    }
    PackedIndex index{{sha256->as_string(), fingerprint->as_string()}, {}};
    for (const auto& [key, value] : entries->as_object()) {
        if (!is_entry(value)) return damaged;
        index.entries.emplace(key, entry_of(value));
    }
    return index;
}

}  // namespace darkroom::engine
