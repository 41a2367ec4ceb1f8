// SPDX-License-Identifier: Apache-2.0
#include "control/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "telemetry/log.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// A copy of many files is one change.
constexpr milliseconds kQuiet{200};
constexpr milliseconds kLongestDelay{2'000};
constexpr int kMaxDepth = 16;

constexpr std::uint32_t kChanges = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO |
                                   IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

struct Event {
    std::uint32_t mask = 0;
    std::string_view name;
};

/// Takes one event from the front of `bytes`.
Event take_event(std::string_view& bytes) {
    inotify_event head{};
    std::memcpy(&head, bytes.data(), sizeof(head));
    bytes.remove_prefix(sizeof(head));
    Event event{head.mask, bytes.substr(0, head.len)};
    event.name = event.name.substr(0, event.name.find('\0'));
    bytes.remove_prefix(head.len);
    return event;
}

}  // namespace

FolderWatch::FolderWatch(fs::path folder)
    : folder_(std::move(folder)),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      stop_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (events_ < 0) {
        log::warning("the models folder is not watched", {{"reason", std::strerror(errno)}});
    }
    watch_folders();
}

FolderWatch::~FolderWatch() {
    if (events_ >= 0) ::close(events_);
    if (stop_ >= 0) ::close(stop_);
}

void FolderWatch::stop() const {
    const std::uint64_t one = 1;
    if (::write(stop_, &one, sizeof(one)) < 0) {
        log::error("the watch of the models folder cannot be ended", {});
    }
}

bool FolderWatch::wait(milliseconds timeout) {
    if (!poll(timeout) || !drain()) return false;
    const auto end = SteadyClock::now() + kLongestDelay;
    while (SteadyClock::now() < end && poll(kQuiet)) {
        if (!drain()) break;
    }
    watch_folders();
    return true;
}

/// A folder that is watched already stays as it is.
void FolderWatch::watch_folders() {
    if (events_ < 0) return;
    ::inotify_add_watch(events_, folder_.c_str(), kChanges);
    std::error_code error;
    fs::recursive_directory_iterator it(
        folder_, fs::directory_options::skip_permission_denied, error);
    for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
        std::error_code ignored;
        if (!it->is_directory(ignored) || it->is_symlink(ignored)) continue;
        const bool is_hidden = it->path().filename().native().starts_with('.');
        if (is_hidden || it.depth() >= kMaxDepth) {
            it.disable_recursion_pending();
            continue;
        }
        ::inotify_add_watch(events_, it->path().c_str(), kChanges);
    }
}

/// True when there is something to read; false at the end of the time or after stop().
bool FolderWatch::poll(milliseconds timeout) const {
    std::array<pollfd, 2> files{pollfd{stop_, POLLIN, 0}, pollfd{events_, POLLIN, 0}};
    const auto end = SteadyClock::now() + timeout;
    while (true) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(end - SteadyClock::now()).count();
        const int count =
            ::poll(files.data(), files.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (count < 0 && errno == EINTR) continue;
        return count > 0 && files[0].revents == 0 && files[1].revents != 0;
    }
}

bool FolderWatch::drain() const {
    std::array<char, std::size_t{64} << 10> buffer{};
    bool matters = false;
    while (true) {
        const ssize_t count = ::read(events_, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return matters;
        std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
        while (bytes.size() >= sizeof(inotify_event)) {
            const Event event = take_event(bytes);
            // Unfinished copies and uploads have hidden names. An overflow has none.
            const bool is_end = (event.mask & IN_IGNORED) != 0;
            if (!is_end && !event.name.starts_with('.')) matters = true;
        }
    }
}

}  // namespace darkroom::control
