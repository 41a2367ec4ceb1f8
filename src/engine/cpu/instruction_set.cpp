// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/instruction_set.h"

#ifdef DARKROOM_X86_KERNELS
#include <cpuid.h>
#endif

#include <algorithm>
#include <string>

#include "base/format.h"

namespace darkroom::engine {
namespace {

constexpr InstructionSet kAll[] = {
    InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512};

bool has_instruction_set(InstructionSet set) {
    switch (set) {
        case InstructionSet::portable:
            return true;
#ifdef DARKROOM_X86_KERNELS
        case InstructionSet::avx2:
            return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        case InstructionSet::avx512:
            return has_instruction_set(InstructionSet::avx2) && __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                   __builtin_cpu_supports("avx512dq");
#else
        case InstructionSet::avx2:
        case InstructionSet::avx512:
            return false;
#endif
    }
    return false;
}

#ifdef DARKROOM_X86_KERNELS
/// Leaf 7, subleaf 1; not every compiler's __builtin_cpu_supports knows it.
bool has_avx_vnni() {
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    constexpr unsigned kAvxVnni = 1U << 4U;
    return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & kAvxVnni) != 0;
}
#endif

std::string available_words() {
    std::string words;
    for (const InstructionSet set : available_instruction_sets()) {
        words += words.empty() ? "" : ", ";
        words += to_string(set);
    }
    return words;
}

}  // namespace

std::string_view to_string(InstructionSet set) {
    switch (set) {
        case InstructionSet::portable:
            return "portable";
        case InstructionSet::avx2:
            return "avx2";
        case InstructionSet::avx512:
            return "avx512";
    }
    return "?";
}

std::vector<InstructionSet> available_instruction_sets() {
    std::vector<InstructionSet> sets;
    std::ranges::copy_if(kAll, std::back_inserter(sets), has_instruction_set);
    return sets;
}

InstructionSet detect_instruction_set() {
    return available_instruction_sets().back();
}

bool has_bf16_products() {
#ifdef DARKROOM_X86_KERNELS
    return has_byte_products(InstructionSet::avx512) && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

bool has_byte_products(InstructionSet set) {
    if (!has_instruction_set(set)) return false;
    switch (set) {
        case InstructionSet::portable:
            return false;
#ifdef DARKROOM_X86_KERNELS
        case InstructionSet::avx2:
            return has_avx_vnni();
        case InstructionSet::avx512:
            return __builtin_cpu_supports("avx512vnni");
#else
        case InstructionSet::avx2:
        case InstructionSet::avx512:
            break;
#endif
    }
    return false;
}

Result<InstructionSet> parse_instruction_set(std::string_view word) {
    const auto* const found =
        std::ranges::find(kAll, word, [](InstructionSet set) { return to_string(set); });
    if (found == std::end(kAll)) {
        return Error{
            ErrorCode::invalid_argument,
            format("unknown instruction set, expected one of {}: {}", available_words(), word)};
    }
    if (!has_instruction_set(*found)) {
        return Error{
            ErrorCode::invalid_argument,
            format("this CPU lacks the instruction set, it has {}: {}", available_words(), word)};
    }
    return *found;
}

}  // namespace darkroom::engine
