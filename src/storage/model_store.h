// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/completion.h"

namespace darkroom::storage {

/// The registration of a model file: what a client said of it. The file itself says the rest.
struct ModelRow {
    /// domain::to_string of the type, and the name below its folder: together the key.
    std::string type;
    std::string name;
    /// Words of the client.
    std::string etag = {};
    std::string source = {};
    std::string note = {};
    /// Of the file that was registered, 64 hex digits.
    std::string sha256 = {};
    // Wall clock.
    std::int64_t registered_ms = 0;
    std::int64_t modified_ms = 0;
    /// When it was deleted; the row stays.
    std::optional<std::int64_t> deleted_ms = {};

    friend bool operator==(const ModelRow&, const ModelRow&) = default;
};

/// The registrations. Safe to call from any thread and never blocks; the completion runs after
/// COMMIT, as TaskStore's do. Every operation can fail with unavailable or resource_exhausted (full
/// disk).
class ModelStore {
  public:
    virtual ~ModelStore() = default;

    /// Adds a row or replaces the one with its key, and returns it. Fails with invalid_argument for
    /// an empty type or name.
    virtual void put(ModelRow row, Completion<ModelRow> done) = 0;

    /// Every row, deleted ones too, ordered by type and name.
    virtual void list(Completion<std::vector<ModelRow>> done) = 0;
};

/// Refuses, with invalid_argument, what no store can take.
Result<void> validate(const ModelRow& row);

}  // namespace darkroom::storage
