// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"
#include "control/upload_folder.h"

namespace darkroom::control {

/// A new file that is hashed while it is written, and removed unless it is finished.
class StagedWriter {
  public:
    /// Fails as write_file, and with conflict when the file is there.
    static Result<StagedWriter> create(std::filesystem::path path);
    ~StagedWriter();
    StagedWriter(StagedWriter&& other) noexcept;
    StagedWriter& operator=(StagedWriter&&) = delete;

    /// Fails with insufficient_storage or unavailable.
    Result<void> append(std::string_view bytes);
    /// Once everything is on the disk.
    Result<std::shared_ptr<StagedFile>> finish();

  private:
    StagedWriter(std::filesystem::path path, int descriptor)
        : path_(std::move(path)), descriptor_(descriptor) {}

    std::filesystem::path path_;
    /// -1 when another object has it, or after the end.
    int descriptor_;
    Sha256 hash_;
};

}  // namespace darkroom::control
