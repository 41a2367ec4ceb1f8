// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "api/generation_limits.h"
#include "base/guarded.h"
#include "http/outgoing_client.h"
#include "http/url_prefixes.h"
#include "runtime/async_event.h"
#include "runtime/blocking_pool.h"

namespace darkroom::gateway {

/// From where pictures may be fetched, and at what cost.
struct ImageFetching {
    /// Nothing is fetched when empty.
    http::UrlPrefixes places = {};
    http::OutgoingClient client{http::AddressPolicy()};
    /// Of all pictures of a request together.
    std::uint64_t max_bytes = api::kMaxInputBytes;
    std::chrono::milliseconds max_time{20'000};

    /// Requests whose pictures are fetched at once, of one tenant and of all.
    std::size_t per_tenant = 4;
    std::size_t in_all = 8;
    /// Requests that wait for that, and for how long.
    std::size_t waiting = 256;
    std::chrono::milliseconds wait_time{30'000};
};

/// An image field of a request.
struct ImageText {
    std::string_view field;
    /// Outlives the call.
    std::string* text;
};

/// Fetches pictures that requests name by URL, on threads of its own. Thread-safe.
class ImageFetcher {
  public:
    explicit ImageFetcher(ImageFetching fetching);
    /// Ends what is being fetched.
    ~ImageFetcher();
    ImageFetcher(const ImageFetcher&) = delete;
    ImageFetcher& operator=(const ImageFetcher&) = delete;

    /// Replaces each text that is a URL by the base64 of what lies there. Whether that is a picture
    /// is for others to judge; where nothing may be fetched, so are URLs. Fails with
    /// invalid_argument and the field for a URL that is not allowed or does not give a file within
    /// the limits, resource_exhausted when too many wait, or unavailable at the end of the server.
    runtime::Task<void> fetch(std::string tenant, std::vector<ImageText> texts);

  private:
    struct Load {
        std::map<std::string, std::size_t> running_of;
        std::size_t running = 0;
        std::size_t waiting = 0;
    };
    /// Places may outlive the object.
    struct Shared {
        Guarded<Load> load;
        runtime::AsyncEvent freed;
    };
    struct Wanted;
    class Place;
    class Waiting;

    runtime::Task<std::shared_ptr<Place>> wait_for_place(std::string tenant);
    [[nodiscard]] std::shared_ptr<Place> take_place(const std::string& tenant) const;
    Result<std::vector<std::string>> fetch_all(const std::vector<Wanted>& wanted) const;
    Result<std::string> fetch_file(http::Download wanted, runtime::Deadline deadline) const;

    ImageFetching fetching_;
    std::stop_source stop_;
    std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
    /// The last member: what it runs uses the others.
    runtime::BlockingPool threads_;
};

}  // namespace darkroom::gateway
