// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "backup_manifest.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/sha256.h"
#include "command.h"
#include "console.h"
#include "control/attempt_folders.h"
#include "storage/filesystem/filesystem_object_store.h"
#include "storage/sqlite/database_copy.h"
#include "version.h"

namespace darkroom::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDatabase = "tasks.db";
constexpr std::int64_t kRecordsAtOnce = 500;

int finish(const Result<void>& outcome) {
    if (outcome) return kSuccess;
    print_error(outcome.error());
    return kFailure;
}

Result<void> make_private_folder(const fs::path& folder) {
    std::error_code error;
    const bool is_new = fs::create_directories(folder, error);
    if (error) {
        return Error{
            ErrorCode::permission_denied,
            format("the folder {} cannot be made: {}", folder.string(), error.message())};
    }
    if (is_new) fs::permissions(folder, fs::perms::owner_all, error);
    return {};
}

Result<storage::DatabaseReport> inspect(const fs::path& file) {
    DARKROOM_TRY_ASSIGN(storage::DatabaseReader reader, storage::DatabaseReader::open(file));
    return reader.inspect();
}

Result<BackupManifest> copy_into(const fs::path& database, const fs::path& folder) {
    {
        DARKROOM_TRY_ASSIGN(
            storage::DatabaseReader reader, storage::DatabaseReader::open(database));
        DARKROOM_TRY(reader.copy_to(folder / kDatabase));
    }
    DARKROOM_TRY_ASSIGN(const storage::DatabaseReport report, inspect(folder / kDatabase));
    if (!report.problems.empty()) {
        return Error{
            ErrorCode::corrupt_input,
            "the copy is damaged, and so is the database: " + report.problems.front()};
    }
    BackupManifest manifest;
    manifest.version = kVersion;
    manifest.created_ms = SystemClock().wall_ms();
    manifest.schema_version = report.schema_version;
    manifest.bytes = static_cast<std::int64_t>(fs::file_size(folder / kDatabase));
    DARKROOM_TRY_ASSIGN(manifest.sha256, sha256_file(folder / kDatabase));
    DARKROOM_TRY(write_manifest(folder, manifest));
    return manifest;
}

Result<void> back_up(const DatabaseOptions& options) {
    std::error_code error;
    if (fs::exists(options.backup, error)) {
        return Error{
            ErrorCode::conflict,
            format("the backup's folder is there already: {}", options.backup.string())};
    }
    DARKROOM_TRY(inspect(options.data / kDatabase));
    DARKROOM_TRY(make_private_folder(options.backup));
    const Result<BackupManifest> manifest = copy_into(options.data / kDatabase, options.backup);
    if (!manifest) {
        fs::remove_all(options.backup, error);
        return manifest.error();
    }
    std::cout << format(
        "{}: {} bytes, schema {}, checked\n",
        (options.backup / kDatabase).string(),
        manifest->bytes,
        manifest->schema_version);
    return {};
}

Result<void> restore(const DatabaseOptions& options) {
    const fs::path source = options.backup / kDatabase;
    DARKROOM_TRY_ASSIGN(const BackupManifest manifest, read_manifest(options.backup));
    DARKROOM_TRY_ASSIGN(const std::string sha256, sha256_file(source));
    if (sha256 != manifest.sha256) {
        return Error{
            ErrorCode::corrupt_input,
            format("the file is not the one its manifest describes: {}", source.string())};
    }
    DARKROOM_TRY(make_private_folder(options.data));
    const fs::path database = options.data / kDatabase;
    const Result<void> replaced =
        storage::replace_database(source, database, {.may_replace = options.force});
    if (!replaced && replaced.error().code == ErrorCode::conflict && !options.force) {
        return replaced.error().with_context("not restored (--force replaces a database)");
    }
    if (!replaced) return replaced.error().with_context("not restored");
    std::cout << format("{}: restored, schema {}\n", database.string(), manifest.schema_version);
    return {};
}

using Owners = std::map<std::string, control::PictureOwner>;

Result<Owners> read_owners(const fs::path& database) {
    DARKROOM_TRY_ASSIGN(storage::DatabaseReader reader, storage::DatabaseReader::open(database));
    Owners owners;
    std::int64_t last = 0;
    while (true) {
        DARKROOM_TRY_ASSIGN(
            const std::vector<storage::TaskRecord> records, reader.records(last, kRecordsAtOnce));
        if (records.empty()) return owners;
        for (const storage::TaskRecord& record : records) {
            control::PictureOwner& owner = owners[record.id.text()];
            owner.state = record.state;
            owner.attempt = record.attempt;
            // What the sweeper took is not missed.
            if (!record.has_given_up_pictures) owner.images = control::images_of(record.result);
        }
        last = records.back().sequence;
    }
}

struct PictureReport {
    std::int64_t pictures = 0;
    std::vector<std::string> missing;
    /// Folders that nobody wants and that are old enough for the sweeper.
    std::vector<std::string> orphans;
    std::int64_t recent = 0;
};

/// Rows first: whatever they name was stored before they were committed.
Result<PictureReport> compare_pictures(const fs::path& data) {
    DARKROOM_TRY_ASSIGN(const Owners owners, read_owners(data / kDatabase));
    PictureReport report;
    std::set<std::string> missing;
    for (const auto& owner : owners)
        missing.insert(owner.second.images.begin(), owner.second.images.end());
    const std::int64_t old = SystemClock().wall_ms() - control::kOrphanAgeMs;
    const auto judge = [&](const control::AttemptFolder& folder) {
        const auto owner = owners.find(folder.task.text());
        if (owner != owners.end() && control::wants(owner->second, folder)) return;
        if (folder.newest_ms > old)
            report.recent += 1;
        else
            report.orphans.push_back(folder.key.text());
    };
    const auto find = [&](const storage::ObjectEntry& entry) {
        report.pictures += 1;
        missing.erase(entry.key.text());
    };
    std::error_code error;
    if (fs::exists(data / "objects", error)) {
        DARKROOM_TRY_ASSIGN(
            const auto objects, storage::FilesystemObjectStore::open(data / "objects"));
        control::AttemptFolderPages pages(*objects);
        while (!pages.is_over()) {
            DARKROOM_TRY_ASSIGN(const auto folders, pages.next(find));
            std::ranges::for_each(folders, judge);
        }
    }
    report.missing.assign(missing.begin(), missing.end());
    return report;
}

void print_database(const fs::path& file, const storage::DatabaseReport& report) {
    std::cout << format(
        "{}: schema {}, this program knows {}\n",
        file.string(),
        report.schema_version,
        report.known_version);
    for (const std::string& problem : report.problems)
        std::cout << "damaged: " << problem << "\n";
    for (const auto& [state, count] : report.tasks)
        std::cout << format("tasks {}: {}\n", domain::to_string(state), count);
}

void print_pictures(const PictureReport& report) {
    std::cout << format("pictures: {}\n", report.pictures);
    for (const std::string& key : report.missing)
        std::cout << "missing: " << key << "\n";
    for (const std::string& key : report.orphans)
        std::cout << "without a task: " << key << "\n";
    std::cout << format(
        "missing {}, folders without a task {}, younger than a day {}\n",
        report.missing.size(),
        report.orphans.size(),
        report.recent);
}

/// False when something is wrong.
Result<bool> check_data(const DatabaseOptions& options) {
    const fs::path file = options.data / kDatabase;
    DARKROOM_TRY_ASSIGN(const storage::DatabaseReport report, inspect(file));
    print_database(file, report);
    if (report.schema_version > report.known_version) {
        return Error{ErrorCode::unimplemented, "the database is of a newer version of darkroom"};
    }
    if (report.schema_version < report.known_version) {
        std::cout << "a server of this version brings the schema up to date when it starts\n";
    }
    if (!report.problems.empty()) return false;
    DARKROOM_TRY_ASSIGN(const PictureReport pictures, compare_pictures(options.data));
    print_pictures(pictures);
    return pictures.missing.empty();
}

}  // namespace

int database_backup(const DatabaseOptions& options) {
    return finish(back_up(options));
}

int database_restore(const DatabaseOptions& options) {
    return finish(restore(options));
}

int database_check(const DatabaseOptions& options) {
    const Result<bool> is_whole = check_data(options);
    if (is_whole) return *is_whole ? kSuccess : kFailure;
    print_error(is_whole.error());
    return kFailure;
}

}  // namespace darkroom::app
