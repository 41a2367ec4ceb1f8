// SPDX-License-Identifier: Apache-2.0
#include "golden/backends.h"

#include "engine/reference/backend.h"

namespace darkroom::testing {

std::unique_ptr<engine::Backend> make_backend(const std::string& name) {
    if (name == "reference") return engine::make_reference_backend();
    return nullptr;
}

}  // namespace darkroom::testing
