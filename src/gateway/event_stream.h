// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "control/event_feed.h"
#include "gateway/gateway.h"
#include "gateway/vigil.h"

namespace darkroom::gateway {

/// What ends a stream from outside: see http::Request.
struct StreamEnds {
    std::shared_ptr<runtime::AsyncEvent> client_gone;
    std::shared_ptr<runtime::AsyncEvent> draining;
};

struct EventStreamOptions {
    std::chrono::milliseconds keep_alive{15'000};
    /// Progress of a task is sent at most so often.
    std::chrono::milliseconds progress_interval{200};
    /// The client's credential is looked at so often, whatever was heard of it.
    std::chrono::milliseconds credential_interval{15'000};
};

/// Whose stream it is, and the last event that the client has seen.
struct Listener {
    Grant grant;
    std::int64_t after = 0;
};

/// One client's server-sent events: the changes of state out of the log, none lost, and the newest
/// progress in between. Holds one page of the log at a time, however slowly the client reads.
class EventStream {
  public:
    EventStream(
        Parts& parts,
        std::shared_ptr<control::EventWatch> watch,
        Listener listener,
        EventStreamOptions options = {});

    /// Ends after the final state of the topic's one task, when the client is gone, when its
    /// credential is good no more and when the server drains.
    boost::asio::awaitable<void> run(StreamEnds ends, http::BodyWriter& writer);

  private:
    using Clock = std::chrono::steady_clock;

    runtime::Task<void> write_news(http::BodyWriter& writer);
    runtime::Task<void> write_log(http::BodyWriter& writer);
    runtime::Task<bool> is_over();
    std::string log_text(const storage::EventPage& page);
    std::string progress_text();
    void keep_alive();
    [[nodiscard]] runtime::Deadline next_turn() const;

    Parts& parts_;
    std::shared_ptr<control::EventWatch> watch_;
    std::int64_t after_;
    EventStreamOptions options_;
    Vigil vigil_;
    bool log_grew_ = true;
    bool ended_ = false;
    /// Tasks whose progress is due.
    std::set<std::string> progressed_;
    Clock::time_point next_progress_;
    Clock::time_point next_sign_;
    /// The progress of the one task as it was last sent.
    std::string last_progress_;
};

}  // namespace darkroom::gateway
