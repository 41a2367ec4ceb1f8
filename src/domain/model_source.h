// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace darkroom::domain {

/// Where the bytes of a model come from.
struct ModelSource {
    enum class Kind { none, upload, import };
    Kind kind = Kind::none;
    /// Id of an upload, or a path below the import folder.
    std::string text = {};

    /// How the source is remembered: "upload:ID" or the path.
    [[nodiscard]] std::string record() const;
};

}  // namespace darkroom::domain
