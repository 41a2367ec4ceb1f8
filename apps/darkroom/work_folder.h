// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <system_error>

#include "base/random.h"

namespace darkroom::app {

/// A folder that is gone with this object.
class WorkFolder {
  public:
    WorkFolder()
        : path_(std::filesystem::temp_directory_path() / ("darkroom-bench-" + random_id())) {}
    ~WorkFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace darkroom::app
