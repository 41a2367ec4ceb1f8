// SPDX-License-Identifier: Apache-2.0
#include "data_folder.h"

#include <sys/stat.h>

#include <system_error>

#include "base/format.h"
#include "telemetry/log.h"

namespace darkroom::app {
namespace {

namespace fs = std::filesystem;

constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;

Result<void> make_private(const fs::path& file) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (error || !fs::is_regular_file(status)) return {};
    if ((status.permissions() & kOthers) == fs::perms::none) return {};
    fs::permissions(file, kOthers, fs::perm_options::remove, error);
    if (error) {
        return Error{
            ErrorCode::permission_denied,
            format(
                "others may read secrets, and this cannot be changed ({}): {}",
                error.message(),
                file.string())};
    }
    log::warning("others could read this file; now they cannot", {{"file", file.string()}});
    return {};
}

}  // namespace

Result<void> prepare_data_folder(const fs::path& data) {
    ::umask(S_IRWXG | S_IRWXO);
    std::error_code error;
    fs::create_directories(data, error);
    if (error) {
        return Error{
            ErrorCode::permission_denied,
            format("--data: the folder {} cannot be made: {}", data.string(), error.message())};
    }
    for (const char* name : {"tasks.db", "tasks.db-wal", "tasks.db-shm", "url-secret"})
        DARKROOM_TRY(make_private(data / name));
    return {};
}

}  // namespace darkroom::app
