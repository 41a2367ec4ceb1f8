// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/tensor/backend.h"

namespace darkroom::engine::conformance {

/// A backend that the suite can make.
struct BackendKind {
    /// Letters, digits and underscores: part of the test's name.
    std::string name;
    DType dtype = DType::f32;
    /// Layers are quantised where a backend can.
    bool int8 = false;
};

/// Prints the name, for messages.
void PrintTo(const BackendKind& kind, std::ostream* stream);

/// What is tested against the reference.
std::vector<BackendKind> production_backends();
/// Those with quantised layers, which no tolerance of the reference fits.
std::vector<BackendKind> int8_backends();
/// The production backends and the reference itself.
std::vector<BackendKind> all_backends();

/// Makes a backend with the instruction set named by the environment variable DARKROOM_CPU (avx512,
/// avx2 or portable; the best one when unset) and so many threads. Fails with unimplemented when
/// this CPU lacks the set or its bf16 products; throws for any other trouble.
Result<std::unique_ptr<Backend>> make_backend(const BackendKind& kind, int threads);

}  // namespace darkroom::engine::conformance
