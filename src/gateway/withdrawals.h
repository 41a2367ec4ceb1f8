// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "gateway/grant.h"
#include "runtime/async_event.h"

namespace darkroom::gateway {

/// Tells who relies on a grant that it may be gone: they look for themselves. Thread-safe.
class Withdrawals {
  public:
    using Event = std::shared_ptr<const runtime::AsyncEvent>;

    /// What fires when a grant is withdrawn: a session ends with its user, too. Look at the grant
    /// after this, so that nothing is missed in between.
    std::vector<Event> events_of(const Grant& grant);

    void note_key(const std::string& id) { note("key:" + id); }
    void note_session(const std::string& token_hash) { note("session:" + token_hash); }
    void note_user(const std::string& name) { note("user:" + name); }

  private:
    Event event_of(const std::string& name);
    void note(const std::string& name);

    Guarded<std::map<std::string, std::weak_ptr<runtime::AsyncEvent>>> events_;
};

}  // namespace darkroom::gateway
