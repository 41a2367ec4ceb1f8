// SPDX-License-Identifier: Apache-2.0
#include "control/model_registry.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/format.h"
#include "control/model_place.h"
#include "domain/model.h"
#include "telemetry/log.h"

namespace darkroom::control {
namespace {

using domain::ModelFile;
using domain::ModelStatus;
using domain::TaskState;

/// Failures that are remembered.
constexpr std::size_t kMaxEnded = 100;

Error no_such_model() {
    return Error{ErrorCode::not_found, "model not exist"};
}

bool matches(const ModelFile& file, const ModelSelection& selection) {
    return file.name == selection.name && (!selection.type || file.type == *selection.type);
}

/// Adds what a client said of a file.
void decorate(ModelFile& file, const storage::ModelRow& row) {
    file.etag = row.etag;
    if (!row.source.starts_with("upload:")) file.source = row.source;
    if (!row.note.empty()) file.note = row.note;
    file.registered_ms = row.registered_ms;
}

/// Shows a registration in the entry of its file, or in one of its own.
void decorate(ModelFile& file, Registration& registration, bool is_there) {
    const std::optional<Result<void>> outcome = registration.outcome();
    if (!outcome) {
        file.status = ModelStatus::registering;
        file.progress = registration.progress();
    } else if (!outcome->has_value()) {
        if (!is_there) file.status = ModelStatus::failed;
        file.reason = "the last registration failed: " + outcome->error().message;
    }
}

}  // namespace

Result<std::unique_ptr<ModelRegistry>> ModelRegistry::open(
    ModelRegistryParts parts, ModelRegistryOptions options) {
    DARKROOM_TRY_ASSIGN(
        std::vector<storage::ModelRow> rows,
        storage::wait(parts.store, &storage::ModelStore::list));
    std::unique_ptr<ModelRegistry> registry(new ModelRegistry(parts, std::move(options)));
    const std::scoped_lock lock(registry->mutex_);
    for (storage::ModelRow& row : rows) {
        const auto type = domain::model_type_from(row.type);
        if (!type) continue;
        Key key{*type, row.name};
        registry->state_.rows.emplace(std::move(key), std::move(row));
    }
    return registry;
}

ModelRegistry::ModelRegistry(ModelRegistryParts parts, ModelRegistryOptions options)
    : parts_(parts), options_(std::move(options)), thread_([this] { work(); }) {}

ModelRegistry::~ModelRegistry() {
    {
        const std::scoped_lock lock(mutex_);
        stop_.request_stop();
    }
    changed_.notify_all();
    thread_.join();
}

std::vector<ModelFile> ModelRegistry::list() {
    std::vector<ModelFile> files = parts_.models.files();
    std::set<Key> there;
    const std::scoped_lock lock(mutex_);
    for (ModelFile& file : files) {
        const Key key{file.type, file.name};
        there.insert(key);
        const auto row = state_.rows.find(key);
        if (row != state_.rows.end() && !row->second.deleted_ms) decorate(file, row->second);
        const auto registration = state_.registrations.find(key);
        if (registration != state_.registrations.end()) {
            decorate(file, *registration->second, /*is_there=*/true);
        }
    }
    const auto entry_of = [](const Key& key) {
        ModelFile file;
        file.type = key.first;
        file.name = key.second;
        return file;
    };
    for (const auto& [key, registration] : state_.registrations) {
        if (!there.insert(key).second) continue;
        ModelFile file = entry_of(key);
        decorate(file, *registration, /*is_there=*/false);
        files.push_back(std::move(file));
    }
    for (const auto& [key, row] : state_.rows) {
        if (!row.deleted_ms || !there.insert(key).second) continue;
        ModelFile file = entry_of(key);
        decorate(file, row);
        file.status = ModelStatus::deleted;
        file.sha256 = row.sha256;
        file.changed_ms = *row.deleted_ms;
        files.push_back(std::move(file));
    }
    return files;
}

std::vector<ModelFile> ModelRegistry::find(const ModelSelection& selection) {
    std::vector<ModelFile> files = list();
    std::erase_if(files, [&](const ModelFile& file) {
        return file.status == ModelStatus::deleted || !matches(file, selection);
    });
    return files;
}

Result<OrderAnswer> ModelRegistry::add(ModelOrder order) {
    DARKROOM_TRY(parts_.models.scan());
    const std::optional<ModelFile> file = file_of({order.type, order.name});
    if (file && is_unchanged(order, *file)) return OrderAnswer{};
    return begin(std::move(order));
}

Result<OrderAnswer> ModelRegistry::change(ModelOrder order) {
    DARKROOM_TRY(parts_.models.scan());
    const std::optional<ModelFile> file = file_of({order.type, order.name});
    if (!file) return Error{ErrorCode::not_found, "model not register, please register first"};
    const bool is_same_file =
        order.source.kind == domain::ModelSource::Kind::none || is_unchanged(order, *file);
    if (!is_same_file) return begin(std::move(order));
    if (!order.note) {
        const std::scoped_lock lock(mutex_);
        const auto row = state_.rows.find({order.type, order.name});
        const bool has_etag = row != state_.rows.end() && row->second.etag == order.etag;
        if (has_etag || order.etag.empty()) return OrderAnswer{};
        return Error{
            ErrorCode::invalid_argument,
            "source: another etag wants a file: an upload, a path of the import folder or a URL",
            "source"};
    }
    DARKROOM_TRY(change_note(order));
    return OrderAnswer{OrderAnswer::Kind::changed, {}};
}

/// True when the order asks for the bytes that are there.
bool ModelRegistry::is_unchanged(const ModelOrder& order, const ModelFile& file) {
    const std::scoped_lock lock(mutex_);
    const auto found = state_.rows.find({order.type, order.name});
    if (found == state_.rows.end() || found->second.deleted_ms) return false;
    const storage::ModelRow& row = found->second;
    // Somebody may have put another file in its place by hand.
    const bool is_untouched = file.sha256.empty() || file.sha256 == row.sha256;
    const bool is_same =
        order.source.kind != domain::ModelSource::Kind::none && row.source == order.source.record();
    return is_untouched && is_same && row.etag == order.etag;
}

Result<OrderAnswer> ModelRegistry::begin(ModelOrder order) {
    const Key key{order.type, order.name};
    auto registration = std::make_shared<Registration>(std::move(order));
    const std::scoped_lock lock(mutex_);
    const auto found = state_.registrations.find(key);
    if (found != state_.registrations.end() && !found->second->outcome()) {
        const ModelOrder& other = found->second->order();
        if (other.source.record() == registration->order().source.record() &&
            other.etag == registration->order().etag) {
            return OrderAnswer{OrderAnswer::Kind::begun, found->second};
        }
        return Error{ErrorCode::conflict, "another file is being registered under that name"};
    }
    DARKROOM_TRY(prepare(*registration));
    if (state_.registrations.size() >= kMaxEnded) {
        std::erase_if(state_.registrations, [](const auto& row) {
            return row.second->outcome().has_value();
        });
    }
    state_.registrations.insert_or_assign(key, registration);
    state_.queue.push_back(registration);
    changed_.notify_all();
    return OrderAnswer{OrderAnswer::Kind::begun, std::move(registration)};
}

/// What can be refused before the work begins.
Result<void> ModelRegistry::prepare(Registration& registration) {
    const ModelOrder& order = registration.order();
    switch (order.source.kind) {
        case domain::ModelSource::Kind::upload: {
            const UploadName name{order.tenant, order.source.text};
            DARKROOM_TRY_ASSIGN(const UploadStatus upload, parts_.uploads.find(name));
            if (upload.plan.type != order.type || upload.plan.name != order.name) {
                return Error{
                    ErrorCode::invalid_argument,
                    format(
                        "source: the upload was announced as {} {}",
                        upload.plan.type ? domain::to_string(*upload.plan.type) : "a picture",
                        upload.plan.name),
                    "source"};
            }
            DARKROOM_TRY_ASSIGN(registration.staged, parts_.uploads.take(name));
            return {};
        }
        case domain::ModelSource::Kind::import: {
            if (options_.import_folder.empty()) {
                return Error{
                    ErrorCode::permission_denied,
                    "this server imports no files; start it with --import-folder, or upload the "
                    "file",
                    "source"};
            }
            DARKROOM_TRY(domain::check_relative_path(order.source.text, "source"));
            DARKROOM_TRY_ASSIGN(
                const int descriptor, open_below(options_.import_folder, order.source.text));
            ::close(descriptor);
            return {};
        }
        case domain::ModelSource::Kind::url:
            return may_fetch(options_.fetching, order.source.text);
        case domain::ModelSource::Kind::none:
            break;
    }
    return Error{
        ErrorCode::invalid_argument,
        "source: an upload, a path of the import folder, or a URL",
        "source"};
}

Result<void> ModelRegistry::change_note(const ModelOrder& order) {
    storage::ModelRow row;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = state_.rows.find({order.type, order.name});
        if (found != state_.rows.end() && !found->second.deleted_ms) row = found->second;
    }
    const std::int64_t now = parts_.clock.wall_ms();
    if (row.name.empty()) {
        row.type = domain::to_string(order.type);
        row.name = order.name;
        row.registered_ms = now;
    }
    row.note = *order.note;
    row.modified_ms = now;
    return save(std::move(row));
}

Result<void> ModelRegistry::remove(const ModelSelection& selection) {
    DARKROOM_TRY(parts_.models.scan());
    const std::vector<ModelFile> files = find(selection);
    if (files.empty()) return no_such_model();
    if (files.size() > 1) {
        return Error{
            ErrorCode::conflict, "several files have this name; say which with ?type=", "type"};
    }
    const ModelFile& file = files.front();
    if (file.status == ModelStatus::registering) {
        return Error{ErrorCode::conflict, "the model is being registered; try again later"};
    }
    const Key key{file.type, file.name};
    if (!file.below.empty()) {
        if (file.type == domain::ModelType::stable_diffusion) {
            DARKROOM_TRY(refuse_while_in_use(file.name));
        }
        DARKROOM_TRY(remove_file(parts_.models.folder(), file.below));
        log::info("model deleted", {{"type", domain::to_string(file.type)}, {"name", file.name}});
        DARKROOM_TRY(parts_.models.scan());
    }
    std::optional<storage::ModelRow> row;
    {
        const std::scoped_lock lock(mutex_);
        state_.registrations.erase(key);
        const auto found = state_.rows.find(key);
        if (found != state_.rows.end() && !found->second.deleted_ms) row = found->second;
    }
    if (!row) return {};
    row->deleted_ms = parts_.clock.wall_ms();
    row->modified_ms = *row->deleted_ms;
    return save(*std::move(row));
}

Result<void> ModelRegistry::refuse_while_in_use(const std::string& name) {
    constexpr std::int32_t kPage = 1000;
    const std::string model = domain::describe_model(name, "").name;
    storage::TaskFilter filter;
    filter.states = {
        TaskState::queued, TaskState::leased, TaskState::running, TaskState::uploading};
    filter.limit = kPage;
    std::size_t count = 0;
    while (true) {
        DARKROOM_TRY_ASSIGN(
            const std::vector<domain::Task> page,
            storage::wait(parts_.tasks, &storage::TaskStore::list, filter));
        count += static_cast<std::size_t>(std::ranges::count(page, model, &domain::Task::model));
        if (page.size() < kPage) break;
        filter.before = page.back().id;
    }
    if (count == 0) return {};
    return Error{
        ErrorCode::conflict,
        format("the model is in use: tasks wait for it or are drawn with it ({})", count)};
}

std::optional<ModelFile> ModelRegistry::file_of(const Key& key) {
    for (ModelFile& file : parts_.models.files()) {
        if (file.type == key.first && file.name == key.second) return std::move(file);
    }
    return std::nullopt;
}

}  // namespace darkroom::control
