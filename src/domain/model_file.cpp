// SPDX-License-Identifier: Apache-2.0
#include "domain/model_file.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/format.h"

namespace darkroom::domain {
namespace {

constexpr std::size_t kMaxPath = 512;
constexpr std::size_t kMaxSegment = 255;
constexpr std::ptrdiff_t kMaxSegments = 8;

struct TypeRow {
    ModelType type;
    std::string_view word;
    std::string_view folder;
};
constexpr std::array kTypes = {
    TypeRow{ModelType::stable_diffusion, "stableDiffusion", "Stable-diffusion"},
    TypeRow{ModelType::vae, "sdVae", "VAE"},
    TypeRow{ModelType::lora, "lora", "Lora"},
    TypeRow{ModelType::embedding, "embedding", "embeddings"},
    TypeRow{ModelType::hypernetwork, "hypernetwork", "hypernetworks"},
    TypeRow{ModelType::control_net, "controlNet", "ControlNet"},
    TypeRow{ModelType::upscaler, "upscaler", "ESRGAN"}};

/// Further folders that AUTOMATIC1111 and its extensions keep such files in.
struct FolderRow {
    std::string_view folder;
    ModelType type;
};
constexpr std::array kOtherFolders = {
    FolderRow{"LyCORIS", ModelType::lora},
    FolderRow{"RealESRGAN", ModelType::upscaler},
    FolderRow{"BSRGAN", ModelType::upscaler},
    FolderRow{"SwinIR", ModelType::upscaler},
    FolderRow{"ScuNET", ModelType::upscaler},
    FolderRow{"LDSR", ModelType::upscaler},
    FolderRow{"DAT", ModelType::upscaler},
    FolderRow{"HAT", ModelType::upscaler}};

constexpr std::array<std::string_view, 4> kExtensions = {".safetensors", ".ckpt", ".pt", ".pth"};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::optional<ModelType> type_of_folder(std::string_view folder) {
    const std::string wanted = lower(folder);
    for (const TypeRow& row : kTypes) {
        if (lower(row.folder) == wanted) return row.type;
    }
    for (const FolderRow& row : kOtherFolders) {
        if (lower(row.folder) == wanted) return row.type;
    }
    return std::nullopt;
}

/// Slashes, dots and colons of other scripts, invisible characters, and what turns a text around.
bool is_deceptive(char32_t c) {
    constexpr std::array<char32_t, 17> kOnes = {
        0x00AD,
        0x2024,
        0x2025,
        0x2026,
        0x2044,
        0x2215,
        0x2216,
        0x29F5,
        0x29F8,
        0x29F9,
        0xFE52,
        0xFE68,
        0xFEFF,
        0xFF0E,
        0xFF0F,
        0xFF1A,
        0xFF3C};
    const bool is_format = (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
                           (c >= 0x2060 && c <= 0x206F);
    const bool is_control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    return is_control || is_format || std::ranges::find(kOnes, c) != kOnes.end();
}

bool is_device_name(std::string_view segment) {
    const std::string stem = lower(segment.substr(0, segment.find('.')));
    constexpr std::array<std::string_view, 4> kDevices = {"con", "prn", "aux", "nul"};
    if (std::ranges::find(kDevices, stem) != kDevices.end()) return true;
    return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
           stem[3] >= '0' && stem[3] <= '9';
}

bool is_safe_segment(std::string_view segment) {
    constexpr std::string_view kForbidden = "\\:*?\"<>|";
    constexpr std::string_view kEnds = ". ";
    if (segment.empty() || segment.size() > kMaxSegment) return false;
    if (kEnds.find(segment.front()) != std::string_view::npos) return false;
    if (kEnds.find(segment.back()) != std::string_view::npos) return false;
    if (segment.find_first_of(kForbidden) != std::string_view::npos) return false;
    if (is_device_name(segment)) return false;
    for (std::size_t at = 0; at < segment.size();) {
        if (is_deceptive(next_code_point(segment, at))) return false;
    }
    return true;
}

bool is_safe_path(std::string_view text) {
    if (text.empty() || text.size() > kMaxPath || !is_valid_utf8(text)) return false;
    if (std::ranges::count(text, '/') >= kMaxSegments) return false;
    while (true) {
        const std::size_t slash = text.find('/');
        if (!is_safe_segment(text.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return true;
        text.remove_prefix(slash + 1);
    }
}

}  // namespace

std::string_view to_string(ModelType type) {
    return std::ranges::find(kTypes, type, &TypeRow::type)->word;
}

std::optional<ModelType> model_type_from(std::string_view word) {
    if (word == "vae") return ModelType::vae;
    const auto row = std::ranges::find(kTypes, word, &TypeRow::word);
    if (row == kTypes.end()) return std::nullopt;
    return row->type;
}

std::string_view to_string(ModelStatus status) {
    switch (status) {
        case ModelStatus::registering:
            return "registering";
        case ModelStatus::loaded:
            return "loaded";
        case ModelStatus::failed:
            return "failed";
        case ModelStatus::deleted:
            break;
    }
    return "deleted";
}

ModelPlace place_of(std::string_view below) {
    const std::size_t slash = below.find('/');
    if (slash != std::string_view::npos) {
        if (const auto type = type_of_folder(below.substr(0, slash))) {
            return {*type, std::string(below.substr(slash + 1)), true};
        }
    }
    return {ModelType::stable_diffusion, std::string(below), false};
}

std::string place_for(ModelType type, std::string_view name) {
    return format("{}/{}", std::ranges::find(kTypes, type, &TypeRow::type)->folder, name);
}

bool has_model_extension(std::string_view path) {
    const std::string text = lower(path);
    return std::ranges::any_of(
        kExtensions, [&](std::string_view extension) { return text.ends_with(extension); });
}

Result<std::string> check_relative_path(std::string_view text, std::string_view field) {
    if (is_safe_path(text)) return std::string(text);
    return Error{
        ErrorCode::invalid_argument,
        format(
            "{}: a relative path of up to 8 names joined by '/', none of which begins or ends "
            "with a dot or a blank or holds a control character or one of \\ : * ? \" < > |",
            field),
        std::string(field)};
}

Result<std::string> check_model_name(std::string_view text) {
    DARKROOM_TRY_ASSIGN(std::string name, check_relative_path(text, "name"));
    if (!lower(name).ends_with(kExtensions.front())) {
        return Error{
            ErrorCode::invalid_argument,
            "name: only .safetensors files are read; convert other formats first",
            "name"};
    }
    return name;
}

}  // namespace darkroom::domain
