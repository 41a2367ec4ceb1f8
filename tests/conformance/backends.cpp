// SPDX-License-Identifier: Apache-2.0
#include "conformance/backends.h"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <utility>

#include "base/check.h"
#include "base/format.h"
#include "engine/cpu/backend.h"
#include "engine/reference/backend.h"

namespace darkroom::engine::conformance {
namespace {

const BackendKind kReference{.name = "reference", .dtype = DType::f32};

/// The set that the environment names.
InstructionSet chosen_instruction_set() {
    const char* word = std::getenv("DARKROOM_CPU");
    if (word == nullptr) return detect_instruction_set();
    for (const InstructionSet set :
         {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
        if (to_string(set) == word) return set;
    }
    DARKROOM_CHECK(false, "DARKROOM_CPU is no instruction set: {}", word);
    return InstructionSet::portable;
}

Result<std::unique_ptr<Backend>> make_cpu_backend(const BackendKind& kind, int threads) {
    const DType dtype = kind.dtype;
    const InstructionSet set = chosen_instruction_set();
    const std::vector<InstructionSet> available = available_instruction_sets();
    if (std::ranges::find(available, set) == available.end()) {
        return Error{
            .code = ErrorCode::unimplemented,
            .message = format("this CPU lacks the instruction set {}", to_string(set))};
    }
    // From here on only what the CPU truly lacks may skip a test.
    const bool has_dtype =
        dtype == DType::f32 || (set == InstructionSet::avx512 && has_bf16_products());
    if (!has_dtype) {
        return Error{
            .code = ErrorCode::unimplemented,
            .message =
                format("no {} products with {} on this CPU", to_string(dtype), to_string(set))};
    }
    auto backend =
        CpuBackend::make(
            {.instruction_set = set, .dtype = dtype, .int8 = kind.int8, .threads = threads})
            .value();
    DARKROOM_CHECK(
        backend->compute_dtype() == dtype && backend->instruction_set() == set,
        "asked for {} with {}, got {}",
        to_string(dtype),
        to_string(set),
        backend->fingerprint());
    return std::unique_ptr<Backend>(std::move(backend));
}

}  // namespace

void PrintTo(const BackendKind& kind, std::ostream* stream) {
    *stream << kind.name;
}

std::vector<BackendKind> production_backends() {
    return {{.name = "cpu_f32", .dtype = DType::f32}, {.name = "cpu_bf16", .dtype = DType::bf16}};
}

std::vector<BackendKind> int8_backends() {
    return {
        {.name = "cpu_int8_over_f32", .dtype = DType::f32, .int8 = true},
        {.name = "cpu_int8_over_bf16", .dtype = DType::bf16, .int8 = true}};
}

std::vector<BackendKind> all_backends() {
    std::vector<BackendKind> kinds = production_backends();
    kinds.push_back(kReference);
    return kinds;
}

Result<std::unique_ptr<Backend>> make_backend(const BackendKind& kind, int threads) {
    if (kind.name == kReference.name) return make_reference_backend();
    return make_cpu_backend(kind, threads);
}

}  // namespace darkroom::engine::conformance
