// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace darkroom::image {

struct Size {
    std::size_t width = 0;
    std::size_t height = 0;

    bool operator==(const Size&) const = default;
};

}  // namespace darkroom::image
