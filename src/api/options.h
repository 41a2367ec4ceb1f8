// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/refusal.h"
#include "api/request_fields.h"
#include "base/result.h"
#include "domain/model.h"
#include "json/json.h"

/// A1111's options as far as they act here (a1111-api.md 1.6, Appendix A).
namespace darkroom::api {

inline constexpr std::array<std::string_view, 3> kRandnSources = {"GPU", "CPU", "NV"};
inline constexpr std::array<std::string_view, 4> kEmphasisModes = {
    "None", "Ignore", "Original", "No norm"};

struct OptionDescription {
    std::string_view name;
    FieldKind kind = FieldKind::text;
    json::Value default_value = {};
    /// The accepted values, when they are few; one means that the option cannot be changed.
    std::vector<json::Value> choices = {};
    /// Bounds of a number without choices.
    json::Value minimum = {};
    json::Value maximum = {};
};

/// Every option but sd_model_checkpoint, in the order of GET /sdapi/v1/options.
std::span<const OptionDescription> option_table();

/// The options of one caller: defaults, and what that caller changed.
class Options {
  public:
    Options() = default;

    /// Reads a dump of changes(); a name or value that this version refuses is dropped, so that an
    /// upgrade cannot lock a caller out. Fails with corrupt_input when it is not a JSON object.
    static Result<Options> from_json(std::string_view text);
    /// The changed values only; from_json reads their text.
    [[nodiscard]] const json::Object& changes() const { return changed_; }

    /// The value or its default; the name must be in the table and of that kind.
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::int64_t integer(std::string_view name) const;
    [[nodiscard]] double number(std::string_view name) const;
    [[nodiscard]] bool boolean(std::string_view name) const;
    /// Name of the checkpoint that the caller chose.
    [[nodiscard]] std::optional<std::string> checkpoint() const;

    /// The same options with a POST's body applied: all of it or nothing. Null changes nothing, so
    /// the whole result of options_body can be sent back. Refuses an unknown name with 500
    /// KeyError as A1111, and an unknown checkpoint or value with 422.
    [[nodiscard]] Outcome<Options> with_changes(
        const json::Object& changes, std::span<const domain::ModelDescription> models) const;

    /// As with_changes for a request's override_settings, where a checkpoint's name need only be
    /// close (a1111-api.md 2.11).
    [[nodiscard]] Outcome<Options> with_overrides(
        const json::Object& changes, std::span<const domain::ModelDescription> models) const;

  private:
    struct Change;

    [[nodiscard]] const json::Value& value(std::string_view name) const;
    [[nodiscard]] Outcome<Options> changed(const json::Object& changes, const Change& how) const;

    json::Object changed_;
};

/// The checkpoint that requests use: the caller's choice, else the first one. Fails with
/// invalid_argument when the chosen one is gone, with unavailable when there is none at all.
Result<const domain::ModelDescription*> chosen_model(
    const Options& options, std::span<const domain::ModelDescription> models);

/// "unknown checkpoint (known: ...): x".
std::string unknown_checkpoint(
    std::string_view name, std::span<const domain::ModelDescription> models);

/// Body of GET /sdapi/v1/options. As upstream's response model does, integers with a default other
/// than 0 are written as floats, and sd_model_checkpoint is a title or null.
json::Value options_body(const Options& options, std::span<const domain::ModelDescription> models);

}  // namespace darkroom::api
