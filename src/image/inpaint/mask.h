// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "image/image.h"
#include "image/inpaint/paste.h"

/// Masks of one channel, white where a picture is repainted (a1111-api.md 2.5).
namespace darkroom::image {

/// The mask in a picture: its alpha where it has any transparency, else its luminance. Alpha is
/// rounded to black and white at 128 with `is_rounded`; luminance is not.
Image mask_from(const Image& picture, bool is_rounded);

Image inverted(Image mask);

/// The box around all that is not black, `padding` wider on each side as far as the mask goes;
/// nothing for a black mask.
std::optional<Box> repainted_box(const Image& mask, std::size_t padding);

/// The box grown to the proportions of the working size, shifted and cut to lie within `outer`.
Box grown_to_proportions(Box box, Size working, Size outer);

/// Every value doubled, at most white.
Image doubled(Image mask);

/// How much each place of a latent of that size is repainted, 0 to 1; 0 or 1 with `is_rounded`.
std::vector<float> latent_weights(const Image& mask, Size latent, bool is_rounded);

}  // namespace darkroom::image
