// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "engine/weights/safetensors.h"

namespace darkroom::engine {

std::string_view to_string(StoredType type) {
    switch (type) {
        case StoredType::f64:
            return "F64";
        case StoredType::f32:
            return "F32";
        case StoredType::f16:
            return "F16";
        case StoredType::bf16:
            return "BF16";
        case StoredType::f8_e4m3:
            return "F8_E4M3";
        case StoredType::f8_e5m2:
            return "F8_E5M2";
        case StoredType::i64:
            return "I64";
        case StoredType::i32:
            return "I32";
        case StoredType::i16:
            return "I16";
        case StoredType::i8:
            return "I8";
        case StoredType::u8:
            return "U8";
        case StoredType::boolean:
            return "BOOL";
    }
    return "?";
}

std::size_t size_of(StoredType type) {
    switch (type) {
        case StoredType::f64:
        case StoredType::i64:
            return 8;
        case StoredType::f32:
        case StoredType::i32:
            return 4;
        case StoredType::f16:
        case StoredType::bf16:
        case StoredType::i16:
            return 2;
        case StoredType::f8_e4m3:
        case StoredType::f8_e5m2:
        case StoredType::i8:
        case StoredType::u8:
        case StoredType::boolean:
            return 1;
    }
    return 0;
}

bool is_floating(StoredType type) {
    switch (type) {
        case StoredType::f64:
        case StoredType::f32:
        case StoredType::f16:
        case StoredType::bf16:
        case StoredType::f8_e4m3:
        case StoredType::f8_e5m2:
            return true;
        default:
            return false;
    }
}

std::int64_t StoredTensor::numel() const {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape)
        count *= extent;
    return count;
}

}  // namespace darkroom::engine
