// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "command.h"

// The library's own spelling.
namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace darkroom::app {

/// What the commands key, user and audit are told.
struct AccountOptions {
    KeyOptions key;
    UserOptions user;
    AuditOptions audit;
};

/// Adds the commands; the one that is chosen ends up in `run`. All three outlive the parsing.
void add_account_commands(CLI::App& app, AccountOptions& options, std::function<int()>& run);

}  // namespace darkroom::app
