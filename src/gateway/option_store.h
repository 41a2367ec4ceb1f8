// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "api/options.h"
#include "base/guarded.h"
#include "base/result.h"

namespace darkroom::gateway {

/// The options of every tenant, kept in one small file each. Thread-safe; set() blocks on the disk.
class OptionStore {
  public:
    /// The folder is made when it is first needed.
    explicit OptionStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Defaults for a tenant that has changed nothing. `tenant` has passed authentication: its name
    /// is one of domain::check_tenant_name, or the contract is violated.
    api::Options get(const std::string& tenant);

    /// Fails with permission_denied or insufficient_storage; the options are unchanged then.
    Result<void> set(const std::string& tenant, const api::Options& options);

  private:
    [[nodiscard]] std::filesystem::path path_of(const std::string& tenant) const;

    std::filesystem::path folder_;
    Guarded<std::map<std::string, api::Options>> options_;
};

}  // namespace darkroom::gateway
