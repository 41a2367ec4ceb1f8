// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "json/json.h"

namespace darkroom::integration {

/// A safetensors file taken apart, to be damaged and written again.
class CheckpointFile {
  public:
    struct Entry {
        std::string name;
        std::string dtype;
        json::Value shape;
        std::string bytes;
    };

    /// Throws when the file is not what its header says.
    static CheckpointFile read(const std::filesystem::path& path);

    /// The tensor of that name; throws std::out_of_range.
    Entry& at(const std::string& name);
    void erase(const std::string& name);
    void write(const std::filesystem::path& path) const;

  private:
    std::vector<Entry> entries_;
};

}  // namespace darkroom::integration
