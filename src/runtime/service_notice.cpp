// SPDX-License-Identifier: Apache-2.0
#include "runtime/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace darkroom::runtime {

Result<void> notify_service(const std::string& socket_name, std::string_view state) {
    if (socket_name.empty()) return {};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool is_name = socket_name.front() == '/' || socket_name.front() == '@';
    if (!is_name || socket_name.size() >= sizeof(address.sun_path)) {
        return Error{
            ErrorCode::invalid_argument, "NOTIFY_SOCKET is no socket's name: " + socket_name};
    }
    std::memcpy(address.sun_path, socket_name.data(), socket_name.size());
    if (socket_name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_name.size());
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    // NOLINTNEXTLINE: the socket interface asks for this cast
    const auto* target = reinterpret_cast<const sockaddr*>(&address);
    const ssize_t sent =
        ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, target, size);
    const int error_number = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (sent == static_cast<ssize_t>(state.size())) return {};
    return Error{
        ErrorCode::unavailable,
        std::string("the service manager cannot be told: ") + std::strerror(error_number)};
}

}  // namespace darkroom::runtime
