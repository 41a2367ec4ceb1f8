// SPDX-License-Identifier: Apache-2.0
#include "backup_manifest.h"

#include "base/file.h"
#include "base/format.h"
#include "json/json.h"

namespace darkroom::app {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kMaxManifest = 65'536;

Error damaged(const std::filesystem::path& file) {
    return Error{ErrorCode::corrupt_input, format("not a backup's manifest: {}", file.string())};
}

}  // namespace

Result<void> write_manifest(const std::filesystem::path& folder, const BackupManifest& manifest) {
    const json::Object database{
        {"file", "tasks.db"},
        {"bytes", manifest.bytes},
        {"sha256", manifest.sha256},
        {"schema_version", manifest.schema_version}};
    const json::Object root{
        {"format", kFormat},
        {"darkroom", manifest.version},
        {"created_ms", manifest.created_ms},
        {"database", database}};
    return write_file(folder / "manifest.json", json::dump(root, json::Style::indented) + "\n");
}

Result<BackupManifest> read_manifest(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "manifest.json";
    DARKROOM_TRY_ASSIGN(const std::string text, read_file(file, kMaxManifest));
    const Result<json::Value> root = json::parse(text);
    if (!root) return damaged(file);
    const json::Value* format_version = root->find("format");
    const json::Value* database = root->find("database");
    const json::Value* created = root->find("created_ms");
    const json::Value* version = root->find("darkroom");
    if (format_version == nullptr || *format_version != json::Value(kFormat)) return damaged(file);
    if (database == nullptr || created == nullptr || !created->is_integer()) return damaged(file);
    if (version == nullptr || !version->is_string()) return damaged(file);
    const json::Value* bytes = database->find("bytes");
    const json::Value* sha256 = database->find("sha256");
    const json::Value* schema = database->find("schema_version");
    if (bytes == nullptr || !bytes->is_integer()) return damaged(file);
    if (sha256 == nullptr || !sha256->is_string()) return damaged(file);
    if (schema == nullptr || !schema->is_integer()) return damaged(file);
    BackupManifest manifest;
    manifest.version = version->as_string();
    manifest.created_ms = created->as_integer();
    manifest.schema_version = schema->as_integer();
    manifest.bytes = bytes->as_integer();
    manifest.sha256 = sha256->as_string();
    return manifest;
}

}  // namespace darkroom::app
