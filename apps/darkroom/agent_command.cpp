// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/channel.h"
#include "command.h"
#include "console.h"
#include "engine_setup.h"
#include "log_setup.h"
#include "version.h"

namespace darkroom::app {
namespace {

/// Below the gateway, so that it answers while every core draws.
constexpr int kNiceness = 5;

}  // namespace

int run_agent(const AgentOptions& options) {
    ::setpriority(PRIO_PROCESS, 0, kNiceness);
    const Result<void> configured = configure_log(options.log_level, options.log_format);
    if (!configured) {
        print_error(configured.error());
        return kFailure;
    }
    // The server is gone, or drops this agent: whatever is being drawn, it ends now.
    agent::Channel channel(options.socket, [](const Error& /*reason*/) { ::_exit(kSuccess); });
    auto backend = make_engine({.threads = options.threads, .dtype = options.dtype});
    if (!backend) {
        print_error(backend.error());
        return kFailure;
    }
    channel.send(cluster::Hello{::getpid(), (*backend)->fingerprint(), (*backend)->note()});
    agent::Agent agent(
        **backend,
        engine::ClipTokenizer::bundled(),
        channel,
        {.cache_folder = options.cache_folder,
         .set_threads = [&engine = **backend](int threads) { engine.set_threads(threads); },
         .version = kVersion});
    agent.run();
    // Drained: nothing is held, and the models need not be torn down piece by piece.
    ::_exit(kSuccess);
}

}  // namespace darkroom::app
