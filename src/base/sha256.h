// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace darkroom {

/// Incremental SHA-256 (FIPS 180-4).
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);

    /// 64 lower-case hex digits; the object is spent afterwards.
    std::string hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// SHA-256 of a text as 64 lower-case hex digits.
std::string sha256_hex(std::string_view text);

/// SHA-256 of a whole file, read in pieces. Fails with not_found or unavailable.
Result<std::string> sha256_file(const std::filesystem::path& path);

}  // namespace darkroom
