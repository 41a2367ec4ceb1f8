// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "cluster/instance_provider.h"

namespace darkroom::cluster {

struct ChildOptions {
    /// Executable and its arguments; "--socket-fd 3" is appended.
    std::string program;
    std::vector<std::string> arguments;
};

/// Agents as child processes with a socket pair: posix_spawn, never a bare fork. A child exits by
/// itself when the socket closes, so that the death of this process leaves no orphan.
class ChildProvider final : public InstanceProvider {
  public:
    /// `executor` runs the connections' coroutines and outlives them.
    ChildProvider(boost::asio::any_io_executor executor, ChildOptions options);

    Result<std::unique_ptr<AgentConnection>> start() override;

  private:
    boost::asio::any_io_executor executor_;
    ChildOptions options_;
    int next_ = 1;
};

}  // namespace darkroom::cluster
