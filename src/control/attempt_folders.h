// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/task_id.h"
#include "domain/task_state.h"
#include "storage/object_store.h"

/// Which pictures belong to a task's result, and which were left behind.
namespace darkroom::control {

/// Objects of one attempt: TENANT/TASK/ATTEMPT/...
struct AttemptFolder {
    storage::ObjectKey key;
    domain::TaskId task;
    std::int64_t attempt = 0;
    std::int64_t objects = 0;
    std::int64_t bytes = 0;
    /// Wall time of the newest.
    std::int64_t newest_ms = 0;
};

/// Pictures younger than this may belong to a result that is about to be committed.
inline constexpr std::int64_t kOrphanAgeMs = std::int64_t{24} * 60 * 60 * 1'000;

/// In the place of an attempt: the pictures that a task starts from, wanted as long as its row.
inline constexpr std::int64_t kInputsAttempt = 0;

/// The folders of a listing in the order of keys. Keys of another form are left out.
std::vector<AttemptFolder> attempt_folders(const std::vector<storage::ObjectEntry>& entries);

/// All folders of a store, some at a time, so that many objects cost no memory.
class AttemptFolderPages {
  public:
    /// The store outlives the pages; `page` objects are read at once.
    explicit AttemptFolderPages(
        storage::ObjectStore& objects, std::size_t page = storage::ObjectQuery::kMostAtOnce)
        : objects_(objects) {
        query_.limit = page;
    }

    /// The next ones, each of them whole; there may be none on a page. Shows each object to `look`,
    /// if there is one. Fails as ObjectStore::list.
    Result<std::vector<AttemptFolder>> next(
        const std::function<void(const storage::ObjectEntry&)>& look = {});

    /// True when every folder was given out.
    [[nodiscard]] bool is_over() const { return is_over_; }

  private:
    storage::ObjectStore& objects_;
    storage::ObjectQuery query_;
    /// The last folder of a page may go on on the next.
    std::optional<AttemptFolder> open_;
    bool is_over_ = false;
};

/// What decides over a task's pictures.
struct PictureOwner {
    domain::TaskState state = domain::TaskState::queued;
    std::int64_t attempt = 0;
    /// Keys of its result.
    std::vector<std::string> images;
};

/// True when the attempt is the one whose pictures were committed, or may still be, and for what
/// the task starts from.
bool wants(const PictureOwner& owner, const AttemptFolder& folder);

/// The keys that a result names; none when it is not readable or empty.
std::vector<std::string> images_of(const std::string& result);

}  // namespace darkroom::control
