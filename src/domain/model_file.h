// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace darkroom::domain {

/// What a file in the models folder is for.
enum class ModelType {
    stable_diffusion,
    vae,
    lora,
    embedding,
    hypernetwork,
    control_net,
    upscaler,
};

inline constexpr std::array kModelTypes = {
    ModelType::stable_diffusion,
    ModelType::vae,
    ModelType::lora,
    ModelType::embedding,
    ModelType::hypernetwork,
    ModelType::control_net,
    ModelType::upscaler};

/// The serverless API's word: "stableDiffusion", "sdVae", "lora", ...
std::string_view to_string(ModelType type);

/// Reverse of to_string; "vae" is a second word for "sdVae".
std::optional<ModelType> model_type_from(std::string_view word);

enum class ModelStatus { registering, loaded, failed, deleted };

std::string_view to_string(ModelStatus status);

/// What only a look into a file tells.
struct ModelFacts {
    /// Architecture: "sd1", "sdxl", ...; empty when it does not show.
    std::string family = {};
    /// Pixels along one side that it was trained on; 0 when it does not show.
    std::int64_t native_size = 0;
    /// Number format of most of the weights: "f16", "bf16", "f32", ...
    std::string dtype = {};
};

/// A file of the models folder, with what is known of its registration.
struct ModelFile {
    ModelType type = ModelType::stable_diffusion;
    /// Path below its type's folder, with extension. Unique within a type.
    std::string name = {};
    /// Path below the models folder.
    std::string below = {};
    /// Path on this machine.
    std::string path = {};
    /// FileIdentity::text() of what the rest was read from.
    std::string identity = {};
    std::uint64_t size_bytes = 0;
    /// 64 hex digits; empty while unknown.
    std::string sha256 = {};
    ModelFacts facts = {};
    ModelStatus status = ModelStatus::loaded;
    /// Why the status is failed.
    std::string reason = {};
    /// Share of a registration that is done, 0 to 1.
    double progress = 1.0;
    /// Of the file's contents, wall clock.
    std::int64_t changed_ms = 0;
    std::int64_t registered_ms = 0;
    /// Path of a picture beside it; empty for none.
    std::string thumbnail = {};
    /// A text beside it, or the one that was registered with it.
    std::string note = {};
    /// Words of the client that registered it.
    std::string etag = {};
    std::string source = {};
};

/// Which type a file is for, and its name there.
struct ModelPlace {
    ModelType type = ModelType::stable_diffusion;
    std::string name;
    /// False for a checkpoint outside the folder of its type.
    bool is_in_type_folder = false;
};

/// Judges a path below the models folder by its first folder, in any case: "Stable-diffusion",
/// "VAE", "Lora", ... as AUTOMATIC1111 calls them. What is in none of them is a checkpoint.
ModelPlace place_of(std::string_view below);

/// Where a new file of that type and name goes, below the models folder.
std::string place_for(ModelType type, std::string_view name);

/// True for the extensions that model files have, in any case: .safetensors, .ckpt, .pt, .pth.
bool has_model_extension(std::string_view path);

/// The path unless it is unsafe below a folder. It is UTF-8, at most 512 bytes and 8 segments of
/// 255, joined by '/'. No segment is empty, begins with a dot or a blank, ends with a dot or a
/// blank, is a device name of Windows, or holds a control character, a character that looks like a
/// separator, or one of \ : * ? " < > |. Fails with invalid_argument, naming the field.
Result<std::string> check_relative_path(std::string_view text, std::string_view field);

/// check_relative_path for a new file: its extension must be .safetensors, the only format that is
/// read.
Result<std::string> check_model_name(std::string_view text);

}  // namespace darkroom::domain
