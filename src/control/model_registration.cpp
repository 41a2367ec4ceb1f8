// SPDX-License-Identifier: Apache-2.0
#include "control/model_registration.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/file.h"
#include "control/model_place.h"
#include "control/staged_writer.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{4} << 20;
/// Of redirects.
constexpr int kMostHops = 5;

Error shutting_down() {
    return Error{ErrorCode::unavailable, "the server is shutting down"};
}

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

Result<void> copy(
    const OpenFile& source,
    StagedWriter& target,
    const std::string& name,
    const CopyProgress& on_progress) {
    struct stat status {};
    if (::fstat(source.get(), &status) != 0) return system_error("cannot read", name, errno);
    std::vector<char> buffer(kPiece);
    for (off_t done = 0;;) {
        DARKROOM_TRY_ASSIGN(const std::size_t count, read_piece(source.get(), buffer, name));
        if (count == 0) return {};
        DARKROOM_TRY(target.append(std::string_view(buffer.data(), count)));
        done += static_cast<off_t>(count);
        const double share = done < status.st_size
                                 ? static_cast<double>(done) / static_cast<double>(status.st_size)
                                 : 1.0;
        if (!on_progress(share)) return shutting_down();
    }
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
    DARKROOM_TRY_ASSIGN(StagedWriter copied, StagedWriter::create(target));
    DARKROOM_TRY(copy(source, copied, below, on_progress));
    return copied.finish();
}

Result<std::shared_ptr<StagedFile>> fetch_file(
    const ModelFetching& fetching,
    const std::string& url,
    const fs::path& target,
    const CopyProgress& on_progress,
    const std::stop_token& stop) {
    DARKROOM_TRY_ASSIGN(StagedWriter fetched, StagedWriter::create(target));
    std::optional<Error> failure;
    http::Download wanted{url, fetching.max_bytes, {}, stop};
    std::uint64_t done = 0;
    wanted.take = [&](std::string_view piece, std::uint64_t total) {
        const Result<void> written = fetched.append(piece);
        if (!written) failure = written.error();
        done += piece.size();
        const double share =
            total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0.0;
        if (!failure && !on_progress(share)) failure = shutting_down();
        return !failure;
    };
    for (int hop = 0; hop < kMostHops; ++hop) {
        DARKROOM_TRY(may_fetch(fetching, wanted.url));
        const Result<std::string> elsewhere = fetching.client.download(wanted);
        if (failure) return *failure;
        if (stop.stop_requested()) return shutting_down();
        if (!elsewhere) return elsewhere.error();
        if (elsewhere->empty()) return fetched.finish();
        wanted.url = *elsewhere;
    }
    return Error{ErrorCode::bad_upstream, "the other server names one place after the other"};
}

Result<void> may_fetch(const ModelFetching& fetching, const std::string& url) {
    if (fetching.places.permits(url)) return fetching.client.check(url);
    const bool is_off = fetching.places.empty();
    return Error{
        ErrorCode::permission_denied,
        is_off
            ? "this server fetches no files; allow it places with --model-url, or upload the file"
            : "this server fetches files only from places that its operator allowed",
        "source"};
}

}  // namespace darkroom::control
