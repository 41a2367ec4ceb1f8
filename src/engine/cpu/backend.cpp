// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/backend.h"

#include <algorithm>

#include "base/format.h"
#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

/// To be raised with every change to the kernels' arithmetic or to the packed layout.
constexpr int kKernelVersion = 2;

bool computes_bf16(InstructionSet set) {
    return set == InstructionSet::avx512 && has_bf16_products();
}

DType choose_dtype(const CpuOptions& options, InstructionSet set) {
    return computes_bf16(set) && options.dtype.value_or(DType::bf16) == DType::bf16 ? DType::bf16
                                                                                    : DType::f32;
}

cpu::KernelTable choose_kernels(InstructionSet set, DType dtype) {
    switch (set) {
        case InstructionSet::portable:
            break;
#ifdef DARKROOM_X86_KERNELS
        case InstructionSet::avx2:
            return cpu::avx2_kernels();
        case InstructionSet::avx512:
            return dtype == DType::bf16 ? cpu::avx512_bf16_kernels() : cpu::avx512_kernels();
#else
        case InstructionSet::avx2:
        case InstructionSet::avx512:
            break;
#endif
    }
    static_cast<void>(dtype);
    return cpu::portable_kernels();
}

}  // namespace

CpuBackend::State::State(CpuBackend& backend, const CpuOptions& options)
    : instruction_set(options.instruction_set.value_or(detect_instruction_set())),
      dtype(choose_dtype(options, instruction_set)),
      table(choose_kernels(instruction_set, dtype)),
      first_threads(options.threads),
      workers(options.threads),
      arena(backend) {
    if (options.dtype == DType::bf16 && dtype == DType::f32) {
        note = format(
            "Computing in f32: the {} has no bf16 products.",
            has_bf16_products() ? format("instruction set {}", to_string(instruction_set))
                                : std::string("CPU"));
    }
}

const cpu::ElementKernels& CpuBackend::State::kernels_of(DType element) const {
    DARKROOM_CHECK(
        element == DType::f32 || element == DType::bf16,
        "no kernels for {}",
        engine::to_string(element));
    return element == DType::f32 ? table.f32 : table.bf16;
}

namespace cpu {

Curve curve_of(Activation activation) {
    switch (activation) {
        case Activation::none:
            return Curve::none;
        case Activation::silu:
            return Curve::silu;
        case Activation::gelu:
            return Curve::gelu;
        case Activation::quick_gelu:
            return Curve::quick_gelu;
    }
    return Curve::none;
}

const float* floats_of(const Tensor& values, std::int64_t count, std::int64_t samples) {
    const Shape& shape = values.shape();
    DARKROOM_CHECK(
        values.dtype() == DType::f32 && (shape == Shape{count} || shape == (Shape{samples, count})),
        "{} {} where f32 {} or {}x{} belongs",
        to_string(values.dtype()),
        to_string(shape),
        count,
        samples,
        count);
    return values.values<const float>().data();
}

}  // namespace cpu

Result<std::unique_ptr<CpuBackend>> CpuBackend::make(const CpuOptions& options) {
    if (options.instruction_set) {
        DARKROOM_TRY(parse_instruction_set(to_string(*options.instruction_set)));
    }
    const DType dtype = options.dtype.value_or(DType::f32);
    if (dtype != DType::f32 && dtype != DType::bf16) {
        return Error{
            ErrorCode::invalid_argument,
            format("the CPU computes in f32 or bf16, not in {}", to_string(dtype))};
    }
    if (options.threads < 0) {
        return Error{
            ErrorCode::invalid_argument,
            format("the number of threads cannot be negative: {}", options.threads)};
    }
    return std::unique_ptr<CpuBackend>(new CpuBackend(options));
}

CpuBackend::CpuBackend(const CpuOptions& options)
    : state_(std::make_unique<State>(*this, options)) {}

CpuBackend::~CpuBackend() = default;

std::string CpuBackend::fingerprint() const {
    return format(
        "cpu/{}/{}/kernels-{}",
        to_string(state_->instruction_set),
        to_string(state_->dtype),
        kKernelVersion);
}

DType CpuBackend::compute_dtype() const {
    return state_->dtype;
}

InstructionSet CpuBackend::instruction_set() const {
    return state_->instruction_set;
}

int CpuBackend::threads() const {
    return state_->workers.threads();
}

void CpuBackend::set_threads(int threads) {
    DARKROOM_CHECK(threads >= 0, "{} threads", threads);
    state_->workers.set_threads(threads > 0 ? threads : state_->first_threads);
}

std::string CpuBackend::note() const {
    return state_->note;
}

}  // namespace darkroom::engine
