// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "control/model_folder.h"
#include "control/model_registration.h"
#include "control/upload_folder.h"
#include "storage/model_store.h"
#include "storage/task_store.h"

namespace darkroom::control {

/// What a ModelRegistry works with; everything outlives it.
struct ModelRegistryParts {
    ModelFolder& models;
    UploadFolder& uploads;
    storage::ModelStore& store;
    storage::TaskStore& tasks;
    Clock& clock;
};

struct ModelRegistryOptions {
    /// Files in it may be registered; empty for none.
    std::filesystem::path import_folder = {};
    ModelFetching fetching = {};
};

/// A file by its name; the type may be left out where the name is the only one.
struct ModelSelection {
    std::string name;
    std::optional<domain::ModelType> type = {};
};

/// What became of an order.
struct OrderAnswer {
    enum class Kind {
        /// The file is there already, from that source under that etag.
        unchanged,
        /// Only words were changed, and are.
        changed,
        /// `registration` is under way.
        begun,
    };
    Kind kind = Kind::unchanged;
    std::shared_ptr<Registration> registration = {};
};

/// Registers, replaces and deletes model files. The folder is the truth about files, the store
/// about what clients said of them; a file that somebody copied into the folder needs no
/// registration. Registrations run one after the other on a thread of the object's own.
/// Thread-safe; calls block on the disk and the stores.
class ModelRegistry {
  public:
    /// Reads the registrations. Fails as ModelStore::list.
    static Result<std::unique_ptr<ModelRegistry>> open(
        ModelRegistryParts parts, ModelRegistryOptions options = {});
    /// Gives up what is under way.
    ~ModelRegistry();
    ModelRegistry(const ModelRegistry&) = delete;
    ModelRegistry& operator=(const ModelRegistry&) = delete;

    /// Every file with its registration; also what is being registered, what could not be, and what
    /// was deleted (its status says so).
    [[nodiscard]] std::vector<domain::ModelFile> list();

    /// Those of list() that the selection names, without deleted ones.
    [[nodiscard]] std::vector<domain::ModelFile> find(const ModelSelection& selection);

    /// Registers a file, or replaces the one of that type and name. Fails with invalid_argument (no
    /// source, or one of another file), not_found (the source), conflict (an upload that is not
    /// complete, or another registration of that name under way), or permission_denied (imports
    /// are off, or a URL is not allowed).
    Result<OrderAnswer> add(ModelOrder order);

    /// The same for a file that is there; without a source only the note changes. Fails as add, and
    /// with not_found for a file that is not there.
    Result<OrderAnswer> change(ModelOrder order);

    /// Deletes a file. Fails with not_found, or with conflict when several files have the name,
    /// when tasks wait for the checkpoint or are drawn with it, or while it is being registered.
    Result<void> remove(const ModelSelection& selection);

  private:
    using Key = std::pair<domain::ModelType, std::string>;
    struct State {
        /// Also deleted ones.
        std::map<Key, storage::ModelRow> rows;
        /// Under way, or failed and not tried again.
        std::map<Key, std::shared_ptr<Registration>> registrations;
        std::deque<std::shared_ptr<Registration>> queue;
    };

    ModelRegistry(ModelRegistryParts parts, ModelRegistryOptions options);

    Result<OrderAnswer> begin(ModelOrder order);
    Result<void> prepare(Registration& registration);
    [[nodiscard]] std::optional<domain::ModelFile> file_of(const Key& key);
    [[nodiscard]] bool is_unchanged(const ModelOrder& order, const domain::ModelFile& file);
    Result<void> change_note(const ModelOrder& order);
    Result<void> refuse_while_in_use(const std::string& name);

    void work();
    Result<void> bring(Registration& registration);
    Result<void> carry_out(Registration& registration);
    Result<void> record(const ModelOrder& order, const std::string& sha256);
    Result<void> save(storage::ModelRow row);
    void finish(const std::shared_ptr<Registration>& registration, Result<void> outcome);

    ModelRegistryParts parts_;
    ModelRegistryOptions options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    State state_;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace darkroom::control
