// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "engine/tensor/backend.h"

namespace darkroom::testing {

/// "reference", "cpu-f32", "cpu-bf16" or "cpu-int8"; nullptr when this machine cannot compute so.
std::unique_ptr<engine::Backend> make_backend(const std::string& name);

}  // namespace darkroom::testing
