// SPDX-License-Identifier: Apache-2.0
#include "agent/channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace darkroom::agent {
namespace {

Result<void> read_all(int socket, std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t count = ::recv(socket, out.data(), out.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return Error{ErrorCode::unavailable, "the server closed the connection"};
        out = out.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace

Channel::Channel(int socket, std::function<void(const Error&)> on_lost)
    : socket_(socket), on_lost_(std::move(on_lost)), reader_([this] { read_messages(); }) {}

Channel::~Channel() {
    ::shutdown(socket_, SHUT_RDWR);
    reader_.join();
    ::close(socket_);
}

void Channel::send(const cluster::Message& message) {
    const std::vector<std::byte> frame = cluster::encode(message);
    const std::lock_guard lock(send_mutex_);
    std::span<const std::byte> rest(frame);
    while (!rest.empty()) {
        const ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        rest = rest.subspan(static_cast<std::size_t>(count));
    }
}

std::optional<cluster::Message> Channel::poll() {
    const std::lock_guard lock(mutex_);
    if (messages_.empty()) return std::nullopt;
    cluster::Message message = std::move(messages_.front());
    messages_.pop_front();
    return message;
}

cluster::Message Channel::receive() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !messages_.empty(); });
    cluster::Message message = std::move(messages_.front());
    messages_.pop_front();
    return message;
}

Result<cluster::Message> Channel::read_one() const {
    std::array<std::byte, cluster::kFramePrefixBytes> prefix{};
    DARKROOM_TRY(read_all(socket_, prefix));
    DARKROOM_TRY_ASSIGN(const cluster::FrameLengths lengths, cluster::parse_prefix(prefix));
    std::string header(lengths.header, '\0');
    DARKROOM_TRY(read_all(socket_, std::as_writable_bytes(std::span(header))));
    std::vector<std::byte> payload(lengths.payload);
    DARKROOM_TRY(read_all(socket_, payload));
    return cluster::decode(header, std::move(payload));
}

void Channel::read_messages() {
    while (true) {
        Result<cluster::Message> message = read_one();
        if (!message) {
            on_lost_(message.error());
            return;
        }
        const std::lock_guard lock(mutex_);
        messages_.push_back(*std::move(message));
        arrived_.notify_one();
    }
}

}  // namespace darkroom::agent
