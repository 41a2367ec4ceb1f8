// SPDX-License-Identifier: Apache-2.0
#include "engine/cpu/backend.h"

#include <algorithm>
#include <string_view>

#include "base/format.h"
#include "engine/cpu/state.h"

namespace darkroom::engine {
namespace {

/// To be raised with every change to the kernels' arithmetic or to the packed layout.
constexpr int kKernelVersion = 5;
/// The same for products of bytes.
constexpr int kByteKernelVersion = 3;

bool computes_bf16(InstructionSet set) {
    return set == InstructionSet::avx512 && has_bf16_products();
}

DType choose_dtype(const CpuOptions& options, InstructionSet set) {
    return computes_bf16(set) && options.dtype.value_or(DType::bf16) == DType::bf16 ? DType::bf16
                                                                                    : DType::f32;
}

cpu::KernelTable choose_kernels(InstructionSet set, DType dtype, bool vnni) {
    vnni = vnni && has_byte_products(set);
    cpu::KernelTable table;
    switch (set) {
        case InstructionSet::portable:
            break;
#ifdef DARKROOM_X86_KERNELS
        case InstructionSet::avx2:
            table = cpu::avx2_kernels();
            if (vnni) cpu::use_avx2_vnni(table);
            return table;
        case InstructionSet::avx512:
            if (dtype == DType::bf16) return cpu::avx512_bf16_kernels();
            table = cpu::avx512_kernels();
            if (vnni) cpu::use_avx512_vnni(table);
            return table;
#else
        case InstructionSet::avx2:
        case InstructionSet::avx512:
            break;
#endif
    }
    static_cast<void>(dtype);
    static_cast<void>(vnni);
    table = cpu::portable_kernels();
    return table;
}

cpu::LayoutTags layout_tags(const cpu::KernelTable& table, int step, std::string_view type) {
    std::string plain = format("panels-{}x{}x{}-{}", table.max_vectors, table.width, step, type);
    return {
        .plain = plain,
        .gated = plain + "-gated",
        .upsampled = plain + "-upsampled",
        .winograd = plain + "-winograd"};
}

std::string note_on(const CpuOptions& options, InstructionSet set, DType dtype) {
    if (options.dtype == DType::bf16 && dtype == DType::f32) {
        return format(
            "Computing in f32: the {} has no bf16 products.",
            has_bf16_products() ? format("instruction set {}", to_string(set))
                                : std::string("CPU"));
    }
    if (options.int8 && !has_byte_products(set)) {
        return format(
            "Computing in int8 without VNNI, which {} lacks: that is not faster than {}.",
            has_byte_products(detect_instruction_set())
                ? format("the instruction set {}", to_string(set))
                : std::string("the CPU"),
            to_string(dtype));
    }
    return {};
}

}  // namespace

CpuBackend::State::State(CpuBackend& backend, const CpuOptions& options)
    : instruction_set(options.instruction_set.value_or(detect_instruction_set())),
      dtype(choose_dtype(options, instruction_set)),
      int8(options.int8),
      note(note_on(options, instruction_set, dtype)),
      table(choose_kernels(instruction_set, dtype, options.vnni)),
      own_tags(layout_tags(table, kernels_of(dtype).step, engine::to_string(dtype))),
      byte_tags(layout_tags(table, cpu::kByteStep, "int8")),
      first_threads(options.threads),
      workers(options.threads),
      arena(backend) {}

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
    const std::string kernels = format(
        "cpu/{}/{}/kernels-{}",
        to_string(state_->instruction_set),
        to_string(state_->dtype),
        kKernelVersion);
    return state_->int8 ? format("{}/int8-{}", kernels, kByteKernelVersion) : kernels;
}

DType CpuBackend::compute_dtype() const {
    return state_->dtype;
}

InstructionSet CpuBackend::instruction_set() const {
    return state_->instruction_set;
}

std::string CpuBackend::precision() const {
    return state_->int8 ? "int8" : std::string(to_string(state_->dtype));
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
