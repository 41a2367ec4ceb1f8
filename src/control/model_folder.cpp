// SPDX-License-Identifier: Apache-2.0
#include "control/model_folder.h"

#include <fstream>

#include "base/file.h"
#include "base/format.h"
#include "base/sha256.h"
#include "json/json.h"
#include "telemetry/log.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxHashFile = std::size_t{16} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::int64_t kNanosecondsPerMs = 1'000'000;
constexpr const char* kUnknownFamily = "unknown";

/// The hash, or nothing when `stop` came first. Fails with not_found or unavailable.
Result<std::optional<std::string>> hash_file(const fs::path& path, const std::atomic<bool>& stop) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{ErrorCode::not_found, format("cannot read {}", path.string())};
    Sha256 hash;
    std::vector<char> buffer(kPiece);
    while (file) {
        if (stop) return std::optional<std::string>();
        file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        hash.update(std::string_view(buffer.data(), static_cast<std::size_t>(file.gcount())));
    }
    if (file.bad()) return Error{ErrorCode::unavailable, format("read error in {}", path.string())};
    return std::optional<std::string>(hash.hex());
}

/// True when a look at the same file may end differently.
bool may_pass(const Error& error) {
    return error.code != ErrorCode::corrupt_input && error.code != ErrorCode::unimplemented;
}

}  // namespace

ModelFolder::ModelFolder(fs::path folder, fs::path hash_file, Inspect inspect)
    : folder_(std::move(folder)), hash_file_(std::move(hash_file)), inspect_(std::move(inspect)) {
    load_hashes();
}

Result<void> ModelFolder::scan() {
    const auto known = known_.lock();
    DARKROOM_TRY_ASSIGN(const std::vector<FoundModel> found, list_model_files(folder_));
    std::vector<domain::ModelFile> files;
    for (const FoundModel& file : found) {
        Known& entry = (*known)[file.path];
        if (entry.identity != file.identity) {
            entry = {};
            entry.identity = file.identity;
        }
        files.push_back(describe(file, entry));
    }
    *files_.lock() = std::move(files);
    return {};
}

domain::ModelFile ModelFolder::describe(const FoundModel& found, Known& known) const {
    known.is_unreadable = false;
    const bool is_judged =
        known.facts && (known.facts->has_value() || !may_pass(known.facts->error()));
    if (!is_judged) known.facts = inspect(found.path, found.place.type);
    domain::ModelFile file;
    file.type = found.place.type;
    file.name = found.place.name;
    file.below = found.below;
    file.path = found.path;
    file.identity = found.identity.text();
    file.size_bytes = found.identity.size_bytes;
    file.changed_ms = found.identity.changed_ns / kNanosecondsPerMs;
    file.registered_ms = file.changed_ms;
    file.sha256 = known.sha256;
    file.thumbnail = found.thumbnail;
    file.note = found.note;
    if (known.facts->has_value()) {
        file.facts = known.facts->value();
    } else {
        file.status = domain::ModelStatus::failed;
        file.reason = known.facts->error().message;
    }
    return file;
}

Result<domain::ModelFacts> ModelFolder::inspect(
    const fs::path& path, domain::ModelType type) const {
    if (!inspect_) return domain::ModelFacts{};
    DARKROOM_TRY_ASSIGN(domain::ModelFacts facts, inspect_(path));
    const bool is_known = facts.family != kUnknownFamily;
    if (!is_known && type == domain::ModelType::stable_diffusion) {
        return Error{ErrorCode::corrupt_input, "the file is no checkpoint of a known family"};
    }
    if (!is_known) facts.family.clear();
    return facts;
}

bool ModelFolder::hash_next(const std::atomic<bool>& stop) {
    std::string path;
    {
        const auto known = known_.lock();
        for (const domain::ModelFile& file : files()) {
            const Known& entry = (*known)[file.path];
            const bool is_failed = file.status == domain::ModelStatus::failed;
            if (is_failed || entry.is_unreadable || !entry.sha256.empty()) continue;
            path = file.path;
            break;
        }
    }
    if (path.empty() || stop) return false;
    const Result<FileIdentity> before = identify_file(path);
    const Result<std::optional<std::string>> sha256 = hash_file(path, stop);
    const Result<FileIdentity> after = identify_file(path);
    if (sha256 && !sha256->has_value()) return false;
    if (before && after && *before == *after && sha256) {
        remember_hash(path, *before, **sha256);
        return true;
    }
    // The next scan takes the mark away.
    (*known_.lock())[path].is_unreadable = true;
    if (!sha256) {
        log::warning(
            "model file cannot be hashed", {{"file", path}, {"reason", sha256.error().message}});
    }
    return true;
}

void ModelFolder::hash_missing(const std::atomic<bool>& stop) {
    while (hash_next(stop)) {
    }
}

void ModelFolder::remember_hash(
    const std::string& path, const FileIdentity& identity, const std::string& sha256) {
    {
        const auto known = known_.lock();
        Known& entry = (*known)[path];
        if (entry.identity != identity) {
            entry = {};
            entry.identity = identity;
        }
        entry.sha256 = sha256;
        for (domain::ModelFile& file : *files_.lock()) {
            if (file.path == path && file.identity == identity.text()) file.sha256 = sha256;
        }
    }
    save_hashes();
}

std::vector<domain::ModelFile> ModelFolder::files() {
    return *files_.lock();
}

std::vector<domain::ModelDescription> ModelFolder::models() {
    std::vector<domain::ModelDescription> models;
    for (const domain::ModelFile& file : files()) {
        const bool is_checkpoint = file.type == domain::ModelType::stable_diffusion;
        if (!is_checkpoint || !file.name.ends_with(".safetensors")) continue;
        domain::ModelDescription model = domain::describe_model(file.name, file.sha256);
        model.filename = file.path;
        model.identity = file.identity;
        model.size_bytes = file.size_bytes;
        model.family = file.facts.family;
        model.native_size = file.facts.native_size;
        models.push_back(std::move(model));
    }
    return models;
}

void ModelFolder::load_hashes() {
    const auto text = read_file(hash_file_, kMaxHashFile);
    if (!text) return;
    const auto parsed = json::parse(*text);
    if (!parsed || !parsed->is_object()) return;
    const auto known = known_.lock();
    for (const auto& [path, value] : parsed->as_object()) {
        const json::Value* size = value.find("size");
        const json::Value* changed = value.find("changed");
        const json::Value* inode = value.find("inode");
        const json::Value* sha256 = value.find("sha256");
        const bool is_whole = size != nullptr && changed != nullptr && inode != nullptr &&
                              sha256 != nullptr && size->is_integer() && changed->is_integer() &&
                              inode->is_integer() && sha256->is_string();
        if (!is_whole) continue;
        Known entry;
        entry.identity = {
            static_cast<std::uint64_t>(size->as_integer()),
            changed->as_integer(),
            static_cast<std::uint64_t>(inode->as_integer())};
        entry.sha256 = sha256->as_string();
        known->emplace(path, std::move(entry));
    }
}

void ModelFolder::save_hashes() {
    json::Object object;
    const auto known = known_.lock();
    for (const auto& [path, entry] : *known) {
        if (entry.sha256.empty()) continue;
        object.append(
            path,
            json::Object{
                {"size", entry.identity.size_bytes},
                {"changed", entry.identity.changed_ns},
                {"inode", entry.identity.inode},
                {"sha256", entry.sha256}});
    }
    // Only a convenience: without the file the hashes are computed again.
    (void)write_file(hash_file_, json::dump(object, json::Style::indented)).has_value();
}

}  // namespace darkroom::control
