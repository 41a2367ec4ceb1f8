// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

/// Colours with alpha, with the roundings of Pillow's C sources.
namespace darkroom::image {

using Rgba = std::array<std::uint8_t, 4>;

/// Rounded product of two values of 0 to 255, over 255.
std::uint8_t times(std::uint8_t a, std::uint8_t b);

/// The colour in RGBa form: scaled by an alpha that it gets (paste with a mask into nothing).
Rgba premultiplied(const std::uint8_t* rgb, std::uint8_t alpha);

/// RGBa to RGBA (Convert.c).
Rgba divided_by_alpha(const Rgba& colour);

/// `above` over `below`, RGBA (AlphaComposite.c).
Rgba composite(const Rgba& below, const Rgba& above);

}  // namespace darkroom::image
