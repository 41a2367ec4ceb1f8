// SPDX-License-Identifier: Apache-2.0
#include "golden/backends.h"

#include "engine/cpu/backend.h"
#include "engine/reference/backend.h"

namespace darkroom::testing {

std::unique_ptr<engine::Backend> make_backend(const std::string& name) {
    if (name == "reference") return engine::make_reference_backend();
    if (name == "cpu-int8") return engine::CpuBackend::make({.int8 = true}).value();
    const engine::DType dtype = name == "cpu-bf16" ? engine::DType::bf16 : engine::DType::f32;
    auto backend = engine::CpuBackend::make({.dtype = dtype}).value();
    // Without bf16 products the backend computes in f32: then there is nothing else to test.
    if (backend->compute_dtype() != dtype) return nullptr;
    return backend;
}

}  // namespace darkroom::testing
