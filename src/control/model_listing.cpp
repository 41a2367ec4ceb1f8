// SPDX-License-Identifier: Apache-2.0
#include "control/model_listing.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "base/file.h"
#include "base/format.h"

namespace darkroom::control {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxModels = 100'000;
constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxNote = std::size_t{16} << 10;

struct Tree {
    /// Below the folder.
    std::vector<std::string> models;
    std::set<std::string, std::less<>> others;
};

Result<Tree> walk(const fs::path& folder) {
    Tree tree;
    std::error_code error;
    fs::recursive_directory_iterator it(
        folder, fs::directory_options::skip_permission_denied, error);
    if (error) {
        return Error{
            ErrorCode::not_found,
            format("cannot read the models folder {}: {}", folder.string(), error.message())};
    }
    for (; it != fs::recursive_directory_iterator(); it.increment(error)) {
        if (error || tree.models.size() >= kMaxModels) break;
        const bool is_hidden = it->path().filename().native().starts_with('.');
        if (is_hidden || it.depth() >= kMaxDepth) it.disable_recursion_pending();
        std::error_code ignored;
        if (is_hidden || !it->is_regular_file(ignored)) continue;
        std::string below = it->path().lexically_relative(folder).generic_string();
        if (domain::has_model_extension(below)) {
            tree.models.push_back(std::move(below));
        } else if (tree.others.size() < kMaxModels) {
            tree.others.insert(std::move(below));
        }
    }
    return tree;
}

/// The first of "stem + ending" that is there, as a path on this machine.
template <std::size_t Count>
std::string find_beside(
    const FoundModel& model, const Tree& tree, const std::array<const char*, Count>& endings) {
    const std::string stem = model.below.substr(0, model.below.rfind('.'));
    const std::string path_stem = model.path.substr(0, model.path.rfind('.'));
    for (const char* ending : endings) {
        if (tree.others.contains(stem + ending)) return path_stem + ending;
    }
    return {};
}

/// Files outside the folder of their type come first, so that they keep their plain names.
void make_names_unique(std::vector<FoundModel>& models) {
    std::ranges::sort(models, [](const FoundModel& a, const FoundModel& b) {
        return std::tie(a.place.is_in_type_folder, a.below) <
               std::tie(b.place.is_in_type_folder, b.below);
    });
    std::set<std::pair<domain::ModelType, std::string>> taken;
    for (FoundModel& model : models) {
        if (!taken.emplace(model.place.type, model.place.name).second) {
            model.place.name = model.below;
            taken.emplace(model.place.type, model.place.name);
        }
    }
}

}  // namespace

Result<std::vector<FoundModel>> list_model_files(const fs::path& folder) {
    constexpr std::array kPictures = {
        ".preview.png",
        ".png",
        ".preview.jpg",
        ".jpg",
        ".preview.jpeg",
        ".jpeg",
        ".preview.webp",
        ".webp"};
    constexpr std::array kTexts = {".txt"};
    DARKROOM_TRY_ASSIGN(const Tree tree, walk(folder));
    std::vector<FoundModel> models;
    for (const std::string& below : tree.models) {
        std::error_code ignored;
        const fs::path path = fs::absolute(folder / below, ignored);
        const Result<FileIdentity> identity = identify_file(path);
        if (!identity) continue;
        FoundModel model{domain::place_of(below), below, path.string(), *identity, {}, {}};
        model.thumbnail = find_beside(model, tree, kPictures);
        const std::string text = find_beside(model, tree, kTexts);
        if (!text.empty()) model.note = read_file(text, kMaxNote).value_or("");
        models.push_back(std::move(model));
    }
    make_names_unique(models);
    std::ranges::sort(models, [](const FoundModel& a, const FoundModel& b) {
        return std::tie(a.place.type, a.place.name) < std::tie(b.place.type, b.place.name);
    });
    return models;
}

}  // namespace darkroom::control
