// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/result.h"
#include "image/image.h"
#include "image/inpaint/paste.h"

namespace darkroom::image {

/// The part of an original that a repainted picture must not change.
class Overlay {
  public:
    /// `original` is RGB; `mask` has its size and is white where it is repainted. With `region`
    /// only that part of the original was repainted, in whatever size.
    Overlay(Image original, Image mask, std::optional<Box> region);

    /// The repainted picture with the original over it, as A1111's apply_overlay: byte for byte the
    /// original where the mask is black. Fails as fit().
    [[nodiscard]] Result<Image> apply(const Image& repainted) const;

  private:
    Image original_;
    Image mask_;
    std::optional<Box> region_;
};

}  // namespace darkroom::image
