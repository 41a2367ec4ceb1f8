// SPDX-License-Identifier: Apache-2.0
#include "control/staged_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"

namespace darkroom::control {
namespace {

constexpr mode_t kFileMode = 0644;

}  // namespace

Result<StagedWriter> StagedWriter::create(std::filesystem::path path) {
    const int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kFileMode);
    if (descriptor < 0) return system_error("cannot write", path, errno);
    return StagedWriter(std::move(path), descriptor);
}

StagedWriter::StagedWriter(StagedWriter&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      hash_(std::move(other.hash_)) {}

StagedWriter::~StagedWriter() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(path_.c_str());
}

Result<void> StagedWriter::append(std::string_view bytes) {
    hash_.update(bytes);
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("cannot write", path_.filename(), errno);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<std::shared_ptr<StagedFile>> StagedWriter::finish() {
    if (::fsync(descriptor_) != 0) return system_error("cannot write", path_.filename(), errno);
    ::close(std::exchange(descriptor_, -1));
    return std::make_shared<StagedFile>(path_, hash_.hex());
}

}  // namespace darkroom::control
