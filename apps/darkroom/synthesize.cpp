// SPDX-License-Identifier: Apache-2.0
#include "base/format.h"
#include "command.h"
#include "console.h"
#include "engine/catalog/architectures.h"

namespace darkroom::app {

int synthesize(const SynthesizeOptions& options) {
    if (options.architecture != "sd15") {
        print_error(format("--architecture must be sd15, not {}", options.architecture));
        return kUsage;
    }
    const Result<void> written =
        engine::write_synthetic_checkpoint(engine::sd15_config(), options.output);
    if (!written) {
        print_error(written.error());
        return kFailure;
    }
    fmt::print("{}\n", options.output.string());
    return kSuccess;
}

}  // namespace darkroom::app
