// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <string_view>

namespace darkroom::detail {

void check_failed(const char* expression, const char* file, int line, const std::string& message) {
    std::string_view path = file;
    const auto source = path.rfind("/src/");
    if (source != std::string_view::npos) path.remove_prefix(source + 1);
    throw ContractViolation(format("{}:{}: {} ({})", path, line, message, expression));
}

}  // namespace darkroom::detail
