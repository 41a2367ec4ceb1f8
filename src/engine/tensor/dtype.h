// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace darkroom::engine {

enum class DType { f32, bf16, f16, i32, u8 };

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) {
    switch (dtype) {
        case DType::f32:
        case DType::i32:
            return 4;
        case DType::bf16:
        case DType::f16:
            return 2;
        case DType::u8:
            return 1;
    }
    return 0;
}

std::string_view to_string(DType dtype);

/// A bfloat16 value: the upper half of an f32.
struct BFloat16 {
    std::uint16_t bits = 0;
};

/// Rounds to nearest even; NaN stays NaN.
inline BFloat16 to_bf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) {
        return {static_cast<std::uint16_t>((bits >> 16) | 0x40u)};
    }
    return {static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16)};
}

inline float to_f32(BFloat16 value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

/// IEEE 754 binary16 to f32, subnormals, infinities and NaN included.
float f16_to_f32(std::uint16_t bits);
/// f32 to binary16, rounding to nearest even.
std::uint16_t f32_to_f16(float value);
/// OCP 8-bit floats to f32. E4M3 has no infinities ("fn"), E5M2 has.
float f8_e4m3_to_f32(std::uint8_t bits);
float f8_e5m2_to_f32(std::uint8_t bits);

}  // namespace darkroom::engine
