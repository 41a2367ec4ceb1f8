// SPDX-License-Identifier: Apache-2.0
#include "control/model_registration.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/file.h"
#include "base/sha256.h"
#include "control/model_place.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{4} << 20;
constexpr mode_t kFileMode = 0644;

class OpenFile {
  public:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
    ~OpenFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    [[nodiscard]] int get() const { return descriptor_; }

  private:
    int descriptor_;
};

/// Fills the buffer as far as the file goes.
Result<std::size_t> read_piece(int file, std::vector<char>& buffer, const std::string& name) {
    std::size_t size = 0;
    while (size < buffer.size()) {
        const ssize_t count = ::read(file, buffer.data() + size, buffer.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot read", name, errno);
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    return size;
}

Result<void> write_piece(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot write", "the imported file", errno);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

/// The hash of what was copied.
Result<std::string> copy(
    const OpenFile& source,
    const OpenFile& target,
    const std::string& name,
    const CopyProgress& on_progress) {
    struct stat status {};
    if (::fstat(source.get(), &status) != 0) return system_error("cannot read", name, errno);
    Sha256 hash;
    std::vector<char> buffer(kPiece);
    for (off_t done = 0;;) {
        DARKROOM_TRY_ASSIGN(const std::size_t count, read_piece(source.get(), buffer, name));
        if (count == 0) break;
        const std::string_view bytes(buffer.data(), count);
        DARKROOM_TRY(write_piece(target.get(), bytes));
        hash.update(bytes);
        done += static_cast<off_t>(count);
        const double share = done < status.st_size
                                 ? static_cast<double>(done) / static_cast<double>(status.st_size)
                                 : 1.0;
        if (!on_progress(share)) {
            return Error{ErrorCode::unavailable, "the server is shutting down"};
        }
    }
    if (::fsync(target.get()) != 0) {
        return system_error("cannot write", "the imported file", errno);
    }
    return hash.hex();
}

}  // namespace

void Registration::end(Result<void> outcome) {
    outcome_.lock()->emplace(std::move(outcome));
    ended_.notify_all();
}

Result<std::shared_ptr<StagedFile>> import_file(
    const fs::path& folder,
    const std::string& below,
    const fs::path& target,
    const CopyProgress& on_progress) {
    DARKROOM_TRY_ASSIGN(const int descriptor, open_below(folder, below));
    const OpenFile source(descriptor);
    const OpenFile copied(
        ::open(target.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kFileMode));
    if (copied.get() < 0) return system_error("cannot write", target, errno);
    const Result<std::string> sha256 = copy(source, copied, below, on_progress);
    if (sha256) return std::make_shared<StagedFile>(target, *sha256);
    ::unlink(target.c_str());
    return sha256.error();
}

}  // namespace darkroom::control
