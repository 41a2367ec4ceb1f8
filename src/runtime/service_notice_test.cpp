// SPDX-License-Identifier: Apache-2.0
#include "runtime/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/random.h"

namespace darkroom::runtime {
namespace {

/// The service manager's end.
class Listener {
  public:
    explicit Listener(const std::string& name)
        : descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name.front() == '@') address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        EXPECT_EQ(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    }
    ~Listener() { ::close(descriptor_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    std::string hear() const {
        std::array<char, 64> buffer{};
        const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return size < 0 ? "nothing" : std::string(buffer.data(), static_cast<std::size_t>(size));
    }

  private:
    int descriptor_;
};

TEST(ServiceNotice, ReachesASocketInAFolder) {
    const std::string name =
        (std::filesystem::temp_directory_path() / ("darkroom-notice-" + random_id())).string();
    const Listener listener(name);
    ASSERT_TRUE(notify_service(name, "READY=1"));
    EXPECT_EQ(listener.hear(), "READY=1");
    std::filesystem::remove(name);
}

TEST(ServiceNotice, ReachesAnAbstractSocket) {
    const std::string name = "@darkroom-notice-" + random_id();
    const Listener listener(name);
    ASSERT_TRUE(notify_service(name, "STOPPING=1"));
    EXPECT_EQ(listener.hear(), "STOPPING=1");
}

TEST(ServiceNotice, WithoutAManagerNothingIsSaid) {
    EXPECT_TRUE(notify_service("", "READY=1"));
}

TEST(ServiceNotice, ANameThatCannotBeIsRefused) {
    for (const std::string& name : {std::string("relative"), "/" + std::string(200, 'x')}) {
        const Result<void> refused = notify_service(name, "READY=1");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    }
    const Result<void> nobody = notify_service("/nowhere/socket", "READY=1");
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace darkroom::runtime
