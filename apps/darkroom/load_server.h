// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"

namespace darkroom::app {

/// The gateway with its stores on disk, as `darkroom serve` has it, and an engine that ends every
/// task at once: what a measurement of the gateway asks. No keys, and as many tasks and event
/// streams as there is memory for.
class LoadServer {
  public:
    /// Works in that folder.
    static Result<std::unique_ptr<LoadServer>> start(const std::filesystem::path& folder);
    ~LoadServer();
    LoadServer(const LoadServer&) = delete;
    LoadServer& operator=(const LoadServer&) = delete;

    [[nodiscard]] std::uint16_t port() const;

  private:
    struct State;
    explicit LoadServer(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

/// The name of the server's checkpoint, an empty file.
inline constexpr const char* kLoadCheckpoint = "bench.safetensors";

}  // namespace darkroom::app
