// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/format.h"

namespace darkroom {
namespace {

class Descriptor {
  public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return value_; }

  private:
    int value_;
};

Result<FileIdentity> identity_of(int descriptor, const std::filesystem::path& path) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return system_error("cannot read", path, errno);
    if (!S_ISREG(status.st_mode)) {
        return Error{ErrorCode::corrupt_input, format("not a regular file: {}", path.string())};
    }
    return FileIdentity::from(status);
}

Result<void> write_all(
    int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("cannot write", path, errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor) != 0) return system_error("cannot write", path, errno);
    return {};
}

}  // namespace

Error system_error(std::string_view action, const std::filesystem::path& path, int error_number) {
    ErrorCode code = ErrorCode::unavailable;
    switch (error_number) {
        case ENOENT:
        case ENOTDIR:
            code = ErrorCode::not_found;
            break;
        case EACCES:
        case EPERM:
        case EROFS:
            code = ErrorCode::permission_denied;
            break;
        case ENOSPC:
        case EDQUOT:
            code = ErrorCode::insufficient_storage;
            break;
        case ENOMEM:
            code = ErrorCode::resource_exhausted;
            break;
        default:
            break;
    }
    return Error{code, format("{} {}: {}", action, path.string(), std::strerror(error_number))};
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return system_error("cannot open", path, errno);
    DARKROOM_TRY_ASSIGN(const FileIdentity identity, identity_of(file.get(), path));
    const std::size_t size = identity.size_bytes;
    MappedFile mapped;
    mapped.identity_ = identity;
    if (size == 0) return mapped;
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) return system_error("cannot map", path, errno);
    mapped.data_ = static_cast<const std::byte*>(data);
    mapped.size_ = size;
    return mapped;
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      identity_(other.identity_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(identity_, other.identity_);
    return *this;
}

void MappedFile::release_pages(std::size_t offset, std::size_t size) const {
    constexpr std::size_t kPage = 4096;
    const std::size_t begin = (offset + kPage - 1) / kPage * kPage;
    const std::size_t end = std::min(offset + size, size_) / kPage * kPage;
    if (begin < end) ::madvise(const_cast<std::byte*>(data_) + begin, end - begin, MADV_DONTNEED);
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return system_error("cannot open", path, errno);
    DARKROOM_TRY_ASSIGN(const FileIdentity identity, identity_of(file.get(), path));
    const std::size_t size = identity.size_bytes;
    if (size > limit_bytes) {
        return Error{
            ErrorCode::payload_too_large,
            format("{} has {} bytes, more than {}", path.string(), size, limit_bytes)};
    }
    std::string text(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const ssize_t count = ::read(file.get(), text.data() + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot read", path, errno);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    text.resize(done);
    return text;
}

Result<void> write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    static std::atomic<unsigned> counter = 0;
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    const std::filesystem::path temporary =
        folder / format(".{}.{}.{}", path.filename().string(), ::getpid(), ++counter);
    {
        const Descriptor file(
            ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        if (file.get() < 0) return system_error("cannot write", path, errno);
        const Result<void> written = write_all(file.get(), bytes, path);
        if (!written) {
            ::unlink(temporary.c_str());
            return written.error();
        }
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) {
        const int error_number = errno;
        ::unlink(temporary.c_str());
        return system_error("cannot write", path, error_number);
    }
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() >= 0) ::fsync(directory.get());
    return {};
}

Result<void> write_file(const std::filesystem::path& path, std::string_view text) {
    return write_file(path, std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace darkroom
