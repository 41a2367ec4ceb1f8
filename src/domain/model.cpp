// SPDX-License-Identifier: Apache-2.0
#include "domain/model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/format.h"

namespace darkroom::domain {
namespace {

constexpr std::size_t kShortHash = 10;

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string_view without_extension(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    const std::size_t slash = name.rfind('/');
    const bool has_extension = dot != std::string_view::npos && dot > 0 &&
                               (slash == std::string_view::npos || dot > slash + 1);
    return has_extension ? name.substr(0, dot) : name;
}

std::string_view basename(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

std::string_view without_hash(std::string_view text) {
    const std::size_t bracket = text.rfind(" [");
    return bracket != std::string_view::npos && text.ends_with(']') ? text.substr(0, bracket)
                                                                    : text;
}

const ModelDescription* shortest_title_with(
    std::span<const ModelDescription> models, std::string_view text) {
    const std::string wanted = lower(text);
    const ModelDescription* best = nullptr;
    for (const ModelDescription& model : models) {
        if (lower(model.title).find(wanted) == std::string::npos) continue;
        if (best == nullptr || model.title.size() < best->title.size()) best = &model;
    }
    return best;
}

}  // namespace

ModelDescription describe_model(std::string relative_name, std::string sha256) {
    ModelDescription model;
    model.sha256 = lower(sha256);
    model.hash10 = model.sha256.substr(0, kShortHash);
    model.title =
        model.hash10.empty() ? relative_name : format("{} [{}]", relative_name, model.hash10);
    model.name = std::string(basename(without_extension(relative_name)));
    model.model_name = std::string(without_extension(relative_name));
    std::ranges::replace(model.model_name, '/', '_');
    model.relative_name = std::move(relative_name);
    return model;
}

const ModelDescription* find_model(
    std::span<const ModelDescription> models, std::string_view alias) {
    if (alias.empty()) return nullptr;
    constexpr std::array kNames = {
        &ModelDescription::title,
        &ModelDescription::relative_name,
        &ModelDescription::model_name,
        &ModelDescription::name};
    for (const auto field : kNames) {
        const auto found = std::ranges::find(models, alias, field);
        if (found != models.end()) return &*found;
    }
    const std::string hash = lower(alias);
    for (const auto field : {&ModelDescription::sha256, &ModelDescription::hash10}) {
        const auto found = std::ranges::find(models, hash, field);
        if (found != models.end()) return &*found;
    }
    return nullptr;
}

const ModelDescription* find_closest_model(
    std::span<const ModelDescription> models, std::string_view text) {
    if (text.empty()) return nullptr;
    if (const ModelDescription* exact = find_model(models, text)) return exact;
    if (const ModelDescription* similar = shortest_title_with(models, text)) return similar;
    const std::string_view bare = without_hash(text);
    if (bare.empty() || bare == text) return nullptr;
    return shortest_title_with(models, bare);
}

}  // namespace darkroom::domain
