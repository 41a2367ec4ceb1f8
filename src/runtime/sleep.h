// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>

#include "runtime/deadline.h"

namespace darkroom::runtime {

/// Suspends the calling coroutine until `deadline`; ends early when it is cancelled.
boost::asio::awaitable<void> sleep_until(Deadline deadline);

/// Lets other work of the io thread run before going on.
boost::asio::awaitable<void> yield_thread();

}  // namespace darkroom::runtime
