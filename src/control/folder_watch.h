// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>

namespace darkroom::control {

/// Tells when files below a folder come, go or are written (inotify). What it cannot see, such as
/// changes behind a link or beyond the kernel's limit of watches, wants a look now and then all the
/// same. Used by one thread, but for stop().
class FolderWatch {
  public:
    explicit FolderWatch(std::filesystem::path folder);
    ~FolderWatch();
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;

    /// Blocks until something has changed and then nothing for a moment (true), or the time is over
    /// or stop() was called (false). A change before the call counts. Folders that came are watched
    /// when it returns, so a look at them afterwards misses nothing.
    bool wait(std::chrono::milliseconds timeout);

    /// Ends this wait and all later ones. From any thread.
    void stop() const;

  private:
    void watch_folders();
    bool poll(std::chrono::milliseconds timeout) const;
    /// Reads what has been told; true when any of it matters.
    bool drain() const;

    std::filesystem::path folder_;
    int events_;
    int stop_;
};

}  // namespace darkroom::control
