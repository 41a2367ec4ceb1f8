// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/target.h"
#include "storage/object_key.h"

namespace darkroom::gateway {

/// Makes and checks short-lived links to stored pictures: who has the link has the picture, until
/// it expires.
class UrlSigner {
  public:
    static constexpr std::int64_t kLifetimeS = 3600;

    /// The secret is read from `file`, or made and kept there when there is none. Fails with
    /// corrupt_input when the file holds something else, or as write_file.
    static Result<UrlSigner> open(const std::filesystem::path& file, Clock& clock);

    UrlSigner(std::string secret, Clock& clock) : secret_(std::move(secret)), clock_(&clock) {}

    /// "/images/KEY?expires=...&signature=...".
    [[nodiscard]] std::string path_of(const storage::ObjectKey& key) const;

    /// Fails with permission_denied for a link that was not made here or has expired.
    [[nodiscard]] Result<void> check(
        const storage::ObjectKey& key, const http::Parameters& query) const;

  private:
    [[nodiscard]] std::string signature(const storage::ObjectKey& key, std::string_view ends) const;

    std::string secret_;
    Clock* clock_;
};

}  // namespace darkroom::gateway
