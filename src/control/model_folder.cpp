// SPDX-License-Identifier: Apache-2.0
#include "control/model_folder.h"

#include <algorithm>

#include "base/file.h"
#include "base/format.h"
#include "base/sha256.h"
#include "json/json.h"
#include "telemetry/log.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxHashFile = std::size_t{16} << 20;
constexpr std::size_t kMaxModels = 100'000;
constexpr int kMaxDepth = 16;

struct Found {
    std::string relative;
    std::string path;
    std::uint64_t size_bytes = 0;
    std::int64_t changed = 0;
};

bool is_checkpoint(const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.is_regular_file(ignored) && entry.path().extension() == ".safetensors";
}

Result<std::vector<Found>> find_checkpoints(const fs::path& folder) {
    std::vector<Found> all;
    std::error_code error;
    fs::recursive_directory_iterator it(
        folder, fs::directory_options::skip_permission_denied, error);
    if (error) {
        return Error{
            ErrorCode::not_found,
            format("cannot read the models folder {}: {}", folder.string(), error.message())};
    }
    for (; it != fs::recursive_directory_iterator(); it.increment(error)) {
        if (error || all.size() >= kMaxModels) break;
        if (it.depth() >= kMaxDepth) it.disable_recursion_pending();
        if (!is_checkpoint(*it)) continue;
        std::error_code ignored;
        const fs::path absolute = fs::absolute(it->path(), ignored);
        all.push_back(
            {it->path().lexically_relative(folder).generic_string(),
             absolute.string(),
             it->file_size(ignored),
             it->last_write_time(ignored).time_since_epoch().count()});
    }
    std::ranges::sort(all, {}, &Found::relative);
    return all;
}

}  // namespace

ModelFolder::ModelFolder(fs::path folder, fs::path hash_file, Inspect inspect)
    : folder_(std::move(folder)), hash_file_(std::move(hash_file)), inspect_(std::move(inspect)) {
    load_hashes();
}

Result<void> ModelFolder::scan() {
    DARKROOM_TRY_ASSIGN(const std::vector<Found> found, find_checkpoints(folder_));
    std::vector<domain::ModelDescription> models;
    const auto known = known_.lock();
    for (const Found& file : found) {
        Known& entry = (*known)[file.path];
        if (entry.size_bytes != file.size_bytes || entry.changed != file.changed) {
            entry = {};
            entry.size_bytes = file.size_bytes;
            entry.changed = file.changed;
        }
        domain::ModelDescription model = domain::describe_model(file.relative, entry.sha256);
        model.filename = file.path;
        model.size_bytes = file.size_bytes;
        if (inspect_ && !entry.inspected) {
            inspect_(model);
            entry.inspected = true;
            entry.family = model.family;
            entry.native_size = model.native_size;
        }
        model.family = entry.family;
        model.native_size = entry.native_size;
        models.push_back(std::move(model));
    }
    *models_.lock() = std::move(models);
    return {};
}

void ModelFolder::hash_missing(const std::atomic<bool>& stop) {
    for (const domain::ModelDescription& model : models()) {
        if (stop) return;
        if (!model.sha256.empty()) continue;
        const Result<std::string> sha256 = sha256_file(model.filename);
        if (!sha256) {
            log::warning(
                "checkpoint cannot be hashed",
                {{"file", model.filename}, {"reason", sha256.error().message}});
            continue;
        }
        (*known_.lock())[model.filename].sha256 = *sha256;
        save_hashes();
    }
    (void)scan().has_value();
}

std::vector<domain::ModelDescription> ModelFolder::models() {
    return *models_.lock();
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
        const json::Value* sha256 = value.find("sha256");
        if (size == nullptr || changed == nullptr || sha256 == nullptr || !size->is_integer() ||
            !changed->is_integer() || !sha256->is_string()) {
            continue;
        }
        Known entry;
        entry.size_bytes = static_cast<std::uint64_t>(size->as_integer());
        entry.changed = changed->as_integer();
        entry.sha256 = sha256->as_string();
        known->emplace(path, std::move(entry));
    }
}

void ModelFolder::save_hashes() {
    json::Object object;
    {
        const auto known = known_.lock();
        for (const auto& [path, entry] : *known) {
            if (entry.sha256.empty()) continue;
            object.append(
                path,
                json::Object{
                    {"size", entry.size_bytes},
                    {"changed", entry.changed},
                    {"sha256", entry.sha256}});
        }
    }
    // Only a convenience: without the file the hashes are computed again.
    (void)write_file(hash_file_, json::dump(object, json::Style::indented)).has_value();
}

}  // namespace darkroom::control
