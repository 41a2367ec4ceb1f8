// SPDX-License-Identifier: Apache-2.0
#include "gateway/image_fetcher.h"

#include <algorithm>
#include <span>
#include <utility>

#include "api/image_field.h"
#include "base/encoding.h"

namespace darkroom::gateway {
namespace {

using runtime::Deadline;

/// Of redirects.
constexpr int kMostHops = 5;

Error not_allowed() {
    return Error{
        ErrorCode::invalid_argument,
        "Requests not allowed: this server fetches pictures only from places that its operator "
        "allowed"};
}

/// Tells nothing of what the other server said or which address it has.
Error no_file(const Error& error) {
    std::string reason = error.message;
    if (error.code == ErrorCode::permission_denied) reason = "its address may not be connected to";
    if (error.code == ErrorCode::deadline_exceeded) reason = "the picture did not come in time";
    if (error.code == ErrorCode::payload_too_large) reason = "the pictures are too large";
    return Error{ErrorCode::invalid_argument, "Invalid image url: " + reason};
}

}  // namespace

struct ImageFetcher::Wanted {
    std::string field;
    std::string url;
};

/// The right to fetch, while it exists.
class ImageFetcher::Place {
  public:
    Place(std::shared_ptr<Shared> shared, std::string tenant)
        : shared_(std::move(shared)), tenant_(std::move(tenant)) {}
    ~Place() {
        {
            const auto load = shared_->load.lock();
            --load->running;
            const auto own = load->running_of.find(tenant_);
            if (--own->second == 0) load->running_of.erase(own);
        }
        shared_->freed.notify_all();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

  private:
    std::shared_ptr<Shared> shared_;
    std::string tenant_;
};

/// One more that waits, while it exists.
class ImageFetcher::Waiting {
  public:
    explicit Waiting(std::shared_ptr<Shared> shared)
        : shared_(std::move(shared)), before_(shared_->load.lock()->waiting++) {}
    ~Waiting() { --shared_->load.lock()->waiting; }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    /// Those that came before.
    [[nodiscard]] std::size_t before() const { return before_; }

  private:
    std::shared_ptr<Shared> shared_;
    std::size_t before_;
};

ImageFetcher::ImageFetcher(ImageFetching fetching)
    : fetching_(std::move(fetching)), threads_(static_cast<int>(fetching_.in_all)) {}

ImageFetcher::~ImageFetcher() {
    stop_.request_stop();
}

runtime::Task<void> ImageFetcher::fetch(std::string tenant, std::vector<ImageText> texts) {
    std::erase_if(texts, [](const ImageText& sent) { return !api::image_url(*sent.text); });
    if (texts.empty() || fetching_.places.empty()) co_return Result<void>();
    const auto wanted = std::make_shared<std::vector<Wanted>>();
    for (const ImageText& sent : texts)
        wanted->push_back({std::string(sent.field), std::string(*api::image_url(*sent.text))});
    Result<std::shared_ptr<Place>> place = co_await wait_for_place(std::move(tenant));
    if (!place.has_value()) co_return place.error();
    using Files = std::vector<std::string>;
    // The work may outlive this coroutine, and with it the place.
    std::function<Result<Files>()> work = [this, wanted, place = *std::move(place)] {
        return fetch_all(*wanted);
    };
    const Result<Files> files = co_await threads_.run<Files>(std::move(work), Deadline::never());
    if (!files.has_value()) co_return files.error();
    for (std::size_t i = 0; i < texts.size(); ++i)
        *texts[i].text = (*files)[i];
    co_return Result<void>();
}

runtime::Task<std::shared_ptr<ImageFetcher::Place>> ImageFetcher::wait_for_place(
    std::string tenant) {
    const Error busy{
        ErrorCode::resource_exhausted, "too many pictures are being fetched; try again"};
    const Waiting waiting(shared_);
    if (waiting.before() >= fetching_.waiting) co_return busy;
    const Deadline deadline = Deadline::after(fetching_.wait_time);
    for (;;) {
        const std::uint64_t seen = shared_->freed.count();
        std::shared_ptr<Place> place = take_place(tenant);
        if (place) co_return place;
        const Result<void> freed = co_await shared_->freed.wait(seen, deadline);
        if (freed.has_value()) continue;
        const bool is_late = freed.error().code == ErrorCode::deadline_exceeded;
        co_return is_late ? busy : freed.error();
    }
}

std::shared_ptr<ImageFetcher::Place> ImageFetcher::take_place(const std::string& tenant) const {
    const auto load = shared_->load.lock();
    const auto own = load->running_of.find(tenant);
    const std::size_t running_of = own == load->running_of.end() ? 0 : own->second;
    if (load->running >= fetching_.in_all || running_of >= fetching_.per_tenant) return nullptr;
    ++load->running;
    ++load->running_of[tenant];
    return std::make_shared<Place>(shared_, tenant);
}

Result<std::vector<std::string>> ImageFetcher::fetch_all(const std::vector<Wanted>& wanted) const {
    const Deadline deadline = Deadline::after(fetching_.max_time);
    std::uint64_t room = fetching_.max_bytes;
    std::vector<std::string> files;
    for (const Wanted& picture : wanted) {
        http::Download download{picture.url, room, {}};
        const Result<std::string> file = fetch_file(std::move(download), deadline);
        if (stop_.stop_requested())
            return Error{ErrorCode::unavailable, "the server is shutting down"};
        if (!file) {
            Error refused = file.error();
            refused.field = picture.field;
            return refused;
        }
        room -= file->size();
        files.push_back(base64_encode(std::as_bytes(std::span(*file))));
    }
    return files;
}

Result<std::string> ImageFetcher::fetch_file(http::Download wanted, Deadline deadline) const {
    std::string file;
    wanted.take = [&](std::string_view piece, std::uint64_t /*total*/) {
        file += piece;
        return true;
    };
    wanted.stop = stop_.get_token();
    for (int hop = 0; hop < kMostHops; ++hop) {
        if (!fetching_.places.permits(wanted.url)) return not_allowed();
        // 0 would be no limit.
        wanted.total_time = std::max(deadline.remaining(), std::chrono::milliseconds(1));
        const Result<std::string> elsewhere = fetching_.client.download(wanted);
        if (!elsewhere) return no_file(elsewhere.error());
        if (elsewhere->empty() && file.empty()) {
            return no_file({ErrorCode::bad_upstream, "the file is empty"});
        }
        if (elsewhere->empty()) return file;
        wanted.url = *elsewhere;
    }
    return no_file({ErrorCode::bad_upstream, "the other server names one place after the other"});
}

}  // namespace darkroom::gateway
