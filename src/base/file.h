// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/file_identity.h"
#include "base/result.h"

namespace darkroom {

/// A read-only memory map of a whole file.
class MappedFile {
  public:
    /// Fails with not_found, or corrupt_input for what is not a regular file.
    static Result<MappedFile> open(const std::filesystem::path& path);

    MappedFile() = default;
    ~MappedFile();
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
    /// Of the file when it was opened, whatever took its name since.
    [[nodiscard]] const FileIdentity& identity() const { return identity_; }

    /// Gives the pages of a byte range back to the kernel; they are read again when touched.
    void release_pages(std::size_t offset, std::size_t size) const;

  private:
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    FileIdentity identity_;
};

/// Reads a file of at most `limit_bytes`. Fails with not_found or payload_too_large.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes);

/// Writes beside `path` and renames over it, so that a reader sees the old file or the new one.
/// The data and the folder are fsynced first. Fails with permission_denied, not_found or
/// insufficient_storage (full disk), naming the path.
Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
Result<void> write_file(const std::filesystem::path& path, std::string_view text);

/// The Error for a failed system call, from errno.
Error system_error(std::string_view action, const std::filesystem::path& path, int error_number);

}  // namespace darkroom
