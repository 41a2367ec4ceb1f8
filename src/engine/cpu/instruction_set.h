// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"

namespace darkroom::engine {

/// What the kernels are compiled for. avx512 means F, BW, VL and DQ.
enum class InstructionSet { portable, avx2, avx512 };

/// The enumerator's spelling.
std::string_view to_string(InstructionSet set);

/// The best set that this CPU and operating system offer.
InstructionSet detect_instruction_set();

/// The sets that this CPU can run, worst first.
std::vector<InstructionSet> available_instruction_sets();

/// True when the CPU multiplies bf16 (AVX512_BF16, which no CPU has without AVX512_VNNI).
bool has_bf16_products();

/// True when the CPU multiplies bytes in one instruction of that set (AVX512_VNNI or AVX-VNNI).
bool has_byte_products(InstructionSet set);

/// Reads "portable", "avx2" or "avx512". Fails with invalid_argument for another word and for a
/// set that this CPU lacks, naming those it has.
Result<InstructionSet> parse_instruction_set(std::string_view word);

}  // namespace darkroom::engine
