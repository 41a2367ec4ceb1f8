// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_st;

namespace darkroom::http {

/// One end of a TLS connection as a function of bytes; knows no sockets. What is to be sent to the
/// peer collects in it after every call. A connection is over after the first failure.
class TlsChannel {
  public:
    enum class Handshake {
        wants_more,
        done,
        /// The peer speaks HTTP without TLS; the channel is of no use.
        plain_http,
    };
    enum class Waiting { nothing, bytes, end };

    /// Of a connection that TlsContext made; takes it over.
    explicit TlsChannel(ssl_st* connection);

    /// Takes bytes that the peer sent.
    void feed(std::string_view bytes);
    /// What is to be sent to the peer, moved out.
    std::string take_outgoing();
    [[nodiscard]] std::size_t outgoing_bytes() const;

    /// Goes on as far as the bytes allow. Before anything else. Fails with unavailable, also for a
    /// peer that does not prove who it is.
    Result<Handshake> shake_hands();
    /// Takes what was deciphered: nothing while more bytes are wanted, 0 once the peer said that it
    /// sends no more. Fails with unavailable.
    Result<std::optional<std::size_t>> read(std::span<char> space);
    /// What read would find. A failure counts as the end.
    [[nodiscard]] Waiting waiting();
    /// Enciphers everything. Fails with unavailable.
    Result<void> write(std::string_view bytes);
    /// Tells the peer that no more will be sent.
    void close();

  private:
    struct Free {
        void operator()(ssl_st* connection) const;
    };

    std::unique_ptr<ssl_st, Free> connection_;
};

}  // namespace darkroom::http
