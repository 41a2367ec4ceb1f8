// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "api/options.h"
#include "base/guarded.h"
#include "base/result.h"

namespace darkroom::gateway {

struct StoredOptions {
    api::Options options = {};
    /// Grows with every change; the Unix time of the last one in seconds, or a little more. 0 for a
    /// tenant that has changed nothing.
    std::int64_t version = 0;
};

/// The options of every tenant, kept in one small file each. Thread-safe; set() blocks on the disk.
class OptionStore {
  public:
    /// The folder is made when it is first needed.
    explicit OptionStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Defaults for a tenant that has changed nothing. `tenant` has passed authentication: its name
    /// is one of domain::check_tenant_name, or the contract is violated.
    StoredOptions get(const std::string& tenant);

    /// Replaces what has the version `before` and returns the new version. Fails with conflict when
    /// somebody was faster, with permission_denied or insufficient_storage; the options are
    /// unchanged then.
    Result<std::int64_t> set(
        const std::string& tenant,
        const api::Options& options,
        std::int64_t before,
        std::int64_t now_s);

  private:
    [[nodiscard]] std::filesystem::path path_of(const std::string& tenant) const;

    std::filesystem::path folder_;
    Guarded<std::map<std::string, StoredOptions>> options_;
    /// Held by the one who writes, so that nobody who reads waits for the disk.
    std::mutex writing_;
};

}  // namespace darkroom::gateway
