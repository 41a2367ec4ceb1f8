// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace darkroom::domain {

/// Where the bytes of a model come from.
struct ModelSource {
    enum class Kind { none, upload, import, url };
    Kind kind = Kind::none;
    /// Id of an upload, a path below the import folder, or a URL.
    std::string text = {};

    /// How the source is remembered: "upload:ID", the path, or the URL.
    [[nodiscard]] std::string record() const;
};

}  // namespace darkroom::domain
