// SPDX-License-Identifier: Apache-2.0
// The half of ModelRegistry that works: it brings files into the models folder.

#include "control/model_place.h"
#include "control/model_registry.h"
#include "telemetry/log.h"

namespace darkroom::control {

namespace fs = std::filesystem;

void ModelRegistry::work() {
    while (true) {
        std::shared_ptr<Registration> next;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stop_.stop_requested() || !state_.queue.empty(); });
            if (state_.queue.empty()) return;
            next = std::move(state_.queue.front());
            state_.queue.pop_front();
        }
        if (stop_.stop_requested()) {
            finish(next, Error{ErrorCode::unavailable, "the server is shutting down"});
            continue;
        }
        try {
            finish(next, carry_out(*next));
        } catch (const std::exception& error) {
            finish(next, Error{ErrorCode::internal, error.what()});
        }
    }
}

/// Copies or fetches what does not lie beside the models yet.
Result<void> ModelRegistry::bring(Registration& registration) {
    using Kind = domain::ModelSource::Kind;
    const domain::ModelSource& source = registration.order().source;
    if (source.kind != Kind::import && source.kind != Kind::url) return {};
    DARKROOM_TRY_ASSIGN(const fs::path target, parts_.uploads.new_file());
    const auto on_progress = [&](double share) {
        registration.set_progress(share);
        return !stop_.stop_requested();
    };
    auto staged =
        source.kind == Kind::import
            ? import_file(options_.import_folder, source.text, target, on_progress)
            : fetch_file(options_.fetching, source.text, target, on_progress, stop_.get_token());
    if (!staged) return staged.error();
    registration.staged = *std::move(staged);
    return {};
}

Result<void> ModelRegistry::carry_out(Registration& registration) {
    const ModelOrder& order = registration.order();
    DARKROOM_TRY(bring(registration));
    const std::shared_ptr<StagedFile> staged = std::move(registration.staged);
    const Result<domain::ModelFacts> facts = parts_.models.inspect(staged->path(), order.type);
    if (!facts) return facts.error().with_context("the file cannot be used");
    const std::optional<domain::ModelFile> old = file_of({order.type, order.name});
    const std::string below = old ? old->below : domain::place_for(order.type, order.name);
    DARKROOM_TRY(domain::check_relative_path(below, "name"));
    DARKROOM_TRY(place_file(parts_.models.folder(), below, staged->path()));
    const fs::path path = fs::absolute(parts_.models.folder() / below);
    DARKROOM_TRY_ASSIGN(const FileIdentity identity, identify_file(path));
    parts_.models.remember_hash(path.string(), identity, staged->sha256());
    DARKROOM_TRY(parts_.models.scan());
    return record(order, staged->sha256());
}

Result<void> ModelRegistry::record(const ModelOrder& order, const std::string& sha256) {
    storage::ModelRow row;
    const std::int64_t now = parts_.clock.wall_ms();
    row.type = domain::to_string(order.type);
    row.name = order.name;
    row.etag = order.etag;
    row.source = order.source.record();
    row.sha256 = sha256;
    row.registered_ms = now;
    row.modified_ms = now;
    {
        const std::scoped_lock lock(mutex_);
        const auto before = state_.rows.find({order.type, order.name});
        if (before != state_.rows.end() && !before->second.deleted_ms) {
            row.registered_ms = before->second.registered_ms;
            row.note = before->second.note;
        }
    }
    if (order.note) row.note = *order.note;
    const Result<void> saved = save(std::move(row));
    if (!saved) return saved.error().with_context("the file is in place, but not recorded");
    return {};
}

Result<void> ModelRegistry::save(storage::ModelRow row) {
    const auto type = domain::model_type_from(row.type);
    DARKROOM_CHECK(type.has_value(), "a row of an unknown type: {}", row.type);
    DARKROOM_TRY_ASSIGN(
        storage::ModelRow saved,
        storage::wait(parts_.store, &storage::ModelStore::put, std::move(row)));
    const std::scoped_lock lock(mutex_);
    Key key{*type, saved.name};
    state_.rows.insert_or_assign(std::move(key), std::move(saved));
    return {};
}

void ModelRegistry::finish(
    const std::shared_ptr<Registration>& registration, Result<void> outcome) {
    const ModelOrder& order = registration->order();
    registration->staged.reset();
    if (outcome) {
        log::info(
            "model registered", {{"type", domain::to_string(order.type)}, {"name", order.name}});
        const std::scoped_lock lock(mutex_);
        state_.registrations.erase({order.type, order.name});
    } else {
        log::warning(
            "model not registered", {{"name", order.name}, {"reason", outcome.error().message}});
    }
    registration->end(std::move(outcome));
}

}  // namespace darkroom::control
