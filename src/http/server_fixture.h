// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/check.h"
#include "http/client.h"
#include "http/router.h"
#include "http/server.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"

namespace darkroom::http {

/// A blocking loopback socket for tests that choose the bytes themselves. Reads give up after 5 s.
class RawSocket {
  public:
    explicit RawSocket(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
        timeval patience{};
        patience.tv_sec = 5;
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int connected =
            ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
        DARKROOM_CHECK(connected == 0, "connect to port {}", port);
    }
    ~RawSocket() { ::close(descriptor_); }
    RawSocket(const RawSocket&) = delete;
    RawSocket& operator=(const RawSocket&) = delete;

    /// False when the peer has closed.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (count <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(count));
        }
        return true;
    }

    void shutdown_send() const { ::shutdown(descriptor_, SHUT_WR); }

    /// What comes next; nothing when the peer closed.
    std::string read_some() {
        if (received_.empty()) fill();
        return std::exchange(received_, {});
    }

    /// Everything up to the peer's close.
    std::string read_to_end() {
        while (fill()) {
        }
        return std::exchange(received_, {});
    }

    /// Everything up to and including `mark`; what came before the close when it does not come.
    std::string read_until(std::string_view mark) {
        std::size_t end = received_.find(mark);
        while (end == std::string::npos && fill())
            end = received_.find(mark);
        if (end == std::string::npos) return std::exchange(received_, {});
        return take(end + mark.size());
    }

    /// One response with a Content-Length.
    std::string read_response() {
        std::string head = read_until("\r\n\r\n");
        constexpr std::string_view kName = "Content-Length: ";
        const std::size_t at = head.find(kName);
        if (at == std::string::npos) return head;
        const std::size_t length = std::stoul(head.substr(at + kName.size()));
        while (received_.size() < length && fill()) {
        }
        return head + take(std::min(length, received_.size()));
    }

    /// True when the peer closed or reset and nothing is left to read.
    bool is_closed() { return received_.empty() && !fill() && !timed_out_; }

  private:
    bool fill() {
        std::array<char, 16384> buffer{};
        const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        timed_out_ = count < 0 && errno == EAGAIN;
        if (count <= 0) return false;
        received_.append(buffer.data(), static_cast<std::size_t>(count));
        return true;
    }

    std::string take(std::size_t count) {
        std::string front = received_.substr(0, count);
        received_.erase(0, count);
        return front;
    }

    int descriptor_;
    bool timed_out_ = false;
    std::string received_;
};

/// A server on a free loopback port; tests add routes, then call `start`.
class ServerTest : public testing::Test {
  protected:
    ~ServerTest() override { server_.reset(); }

    void start(ServerOptions options = {}) {
        Result<std::unique_ptr<Server>> made =
            Server::start(io_.executor(), std::move(options), router_.handler());
        server_ = std::move(made).value();
    }

    [[nodiscard]] std::uint16_t port() const { return server_->port(); }

    [[nodiscard]] ClientResponse get(std::string_view path, Headers headers = {}) const {
        return send("GET", path, std::move(headers), "");
    }

    [[nodiscard]] ClientResponse post(std::string_view path, std::string body) const {
        return send("POST", path, {}, std::move(body));
    }

    [[nodiscard]] ClientResponse send(
        std::string_view method, std::string_view path, Headers headers, std::string body) const {
        ClientRequest request;
        request.method = method;
        request.url = server_->url() + std::string(path);
        request.headers = std::move(headers);
        request.body = std::move(body);
        return fetch_blocking(std::move(request), std::chrono::seconds(10)).value();
    }

    /// What the server says to these bytes before it closes.
    [[nodiscard]] std::string exchange(std::string_view bytes) const {
        RawSocket socket(port());
        socket.send(bytes);
        socket.shutdown_send();
        return socket.read_to_end();
    }

    [[nodiscard]] bool connections_become(std::size_t wanted) const {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (server_->connections() != wanted) {
            if (std::chrono::steady_clock::now() > give_up) return false;
            std::this_thread::yield();
        }
        return true;
    }

    runtime::IoThreads io_{2};
    Router router_;
    std::unique_ptr<Server> server_;
};

/// Says what it received: "METHOD path body".
inline Response echo(const Request& request) {
    return text_response(200, request.method + " " + request.location.path + " " + request.body);
}

/// "GET <path>" with a Host, kept alive.
inline std::string plain_get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

}  // namespace darkroom::http
