// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "cluster/agent_protocol.h"

namespace darkroom::agent {

/// The agent's end of its socket to control: a reader thread fills a queue, any thread may send.
class Channel {
  public:
    /// Takes the connected socket. `on_lost` runs on the reader thread when the other side is gone
    /// or talks nonsense; it must not return to use the channel.
    Channel(int socket, std::function<void(const Error&)> on_lost);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Sends a whole message; a lost connection is left to on_lost.
    void send(const cluster::Message& message);

    /// The next message, if one has come.
    std::optional<cluster::Message> poll();
    /// Waits for the next message.
    cluster::Message receive();

  private:
    void read_messages();
    Result<cluster::Message> read_one() const;

    int socket_;
    std::function<void(const Error&)> on_lost_;
    std::mutex send_mutex_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<cluster::Message> messages_;
    std::thread reader_;
};

}  // namespace darkroom::agent
