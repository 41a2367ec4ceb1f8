// SPDX-License-Identifier: Apache-2.0
#include "control/model_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/file.h"
#include "base/format.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0755;

class Descriptor {
  public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    [[nodiscard]] int get() const { return value_; }
    [[nodiscard]] int release() { return std::exchange(value_, -1); }

  private:
    int value_;
};

Error path_error(const char* action, const std::string& below, int error_number) {
    if (error_number == ELOOP || error_number == ENOTDIR || error_number == EISDIR ||
        error_number == ENOTEMPTY || error_number == EEXIST) {
        return Error{
            ErrorCode::conflict,
            format("{} {}: a folder, a link or a file is in the way", action, below),
            "name"};
    }
    if (error_number == EXDEV) {
        return Error{
            ErrorCode::conflict,
            format("{} {}: its folder is on another disk than the models folder", action, below),
            "name"};
    }
    return system_error(action, below, error_number);
}

enum class MissingFolders { fail, create };

/// The open folder that `below` lies in.
Result<Descriptor> open_parent(
    const fs::path& folder, const std::string& below, MissingFolders missing) {
    Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.get() < 0) return system_error("cannot open", folder, errno);
    for (std::size_t begin = 0;;) {
        const std::size_t end = below.find('/', begin);
        if (end == std::string::npos) return parent;
        const std::string name = below.substr(begin, end - begin);
        begin = end + 1;
        if (missing == MissingFolders::create &&
            ::mkdirat(parent.get(), name.c_str(), kFolderMode) == 0) {
            ::fsync(parent.get());
        }
        Descriptor next(
            ::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (next.get() < 0) return path_error("cannot open", below, errno);
        parent = std::move(next);
    }
}

Result<void> sync_contents(const fs::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0 || ::fsync(file.get()) != 0) {
        return system_error("cannot write", path, errno);
    }
    return {};
}

std::string last_name(const std::string& below) {
    return below.substr(below.rfind('/') + 1);
}

}  // namespace

Result<void> place_file(
    const fs::path& folder, const std::string& below, const fs::path& finished) {
    DARKROOM_TRY_ASSIGN(
        const Descriptor parent, open_parent(folder, below, MissingFolders::create));
    DARKROOM_TRY(sync_contents(finished));
    const std::string name = last_name(below);
    if (::renameat(AT_FDCWD, finished.c_str(), parent.get(), name.c_str()) != 0) {
        return path_error("cannot write", below, errno);
    }
    if (::fsync(parent.get()) != 0) return path_error("cannot write", below, errno);
    return {};
}

Result<void> remove_file(const fs::path& folder, const std::string& below) {
    DARKROOM_TRY_ASSIGN(const Descriptor parent, open_parent(folder, below, MissingFolders::fail));
    if (::unlinkat(parent.get(), last_name(below).c_str(), 0) != 0) {
        return path_error("cannot remove", below, errno);
    }
    ::fsync(parent.get());
    return {};
}

Result<int> open_below(const fs::path& folder, const std::string& below) {
    DARKROOM_TRY_ASSIGN(const Descriptor parent, open_parent(folder, below, MissingFolders::fail));
    // A pipe would block without O_NONBLOCK.
    Descriptor file(::openat(
        parent.get(), last_name(below).c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0) return path_error("cannot open", below, errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return path_error("cannot open", below, errno);
    if (!S_ISREG(status.st_mode)) {
        return Error{ErrorCode::corrupt_input, format("not a regular file: {}", below)};
    }
    return file.release();
}

}  // namespace darkroom::control
