// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/guarded.h"
#include "base/result.h"
#include "control/upload_folder.h"
#include "domain/model_file.h"
#include "domain/model_source.h"
#include "http/outgoing_client.h"
#include "http/url_prefixes.h"
#include "runtime/async_event.h"

namespace darkroom::control {

/// What a client wants registered.
struct ModelOrder {
    std::string tenant;
    domain::ModelType type = domain::ModelType::stable_diffusion;
    /// As check_model_name returns it.
    std::string name;
    std::string etag = {};
    domain::ModelSource source = {};
    /// Absent leaves the note as it is.
    std::optional<std::string> note = {};
};

/// One registration, from its order to its end.
class Registration {
  public:
    explicit Registration(ModelOrder order) : order_(std::move(order)) {}

    [[nodiscard]] const ModelOrder& order() const { return order_; }

    /// Share that is done, 0 to 1.
    [[nodiscard]] double progress() const { return progress_; }
    void set_progress(double share) { progress_ = share; }

    /// Fires at the end.
    [[nodiscard]] const runtime::AsyncEvent& ended() const { return ended_; }
    /// Absent before the end.
    [[nodiscard]] std::optional<Result<void>> outcome() { return *outcome_.lock(); }
    void end(Result<void> outcome);

    /// The file, once it lies beside the models.
    std::shared_ptr<StagedFile> staged;

  private:
    ModelOrder order_;
    std::atomic<double> progress_ = 0.0;
    Guarded<std::optional<Result<void>>> outcome_;
    runtime::AsyncEvent ended_;
};

/// From where model files may be fetched.
struct ModelFetching {
    /// Nothing is fetched when empty.
    http::UrlPrefixes places = {};
    http::OutgoingClient client{http::AddressPolicy()};
    std::uint64_t max_bytes = std::uint64_t{64} << 30;
};

/// Told the share that is done; false ends the copy.
using CopyProgress = std::function<bool(double)>;

/// Copies folder/below to `target`, hashing it on the way; the copy is on the disk when this
/// returns. Fails with not_found, conflict (a link in the way), corrupt_input (no regular file),
/// resource_exhausted (full disk) or unavailable (stopped; cannot be read).
Result<std::shared_ptr<StagedFile>> import_file(
    const std::filesystem::path& folder,
    const std::string& below,
    const std::filesystem::path& target,
    const CopyProgress& on_progress);

/// Whether a URL may be fetched as far as its text tells. Fails with permission_denied or
/// invalid_argument.
Result<void> may_fetch(const ModelFetching& fetching, const std::string& url);

/// As import_file, from another server. Each redirect has to be allowed, too. Fails besides as
/// may_fetch and OutgoingClient::download; progress stays 0 where the other server does not say
/// how much comes. The stop ends it also while the other server says nothing.
Result<std::shared_ptr<StagedFile>> fetch_file(
    const ModelFetching& fetching,
    const std::string& url,
    const std::filesystem::path& target,
    const CopyProgress& on_progress,
    const std::stop_token& stop = {});

}  // namespace darkroom::control
