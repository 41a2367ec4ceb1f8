// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace darkroom::domain {

/// A checkpoint file as the API lists it.
struct ModelDescription {
    /// Basename without extension; what tasks and agents call it.
    std::string name;
    /// "folder/file.safetensors [0123456789]"; without brackets while the hash is unknown.
    std::string title;
    /// Path below the models folder, with extension.
    std::string relative_name;
    /// `relative_name` without extension, separators replaced by '_'.
    std::string model_name;
    /// Path of the file on this machine.
    std::string filename;
    /// Of the whole file, 64 hex digits; empty while unknown.
    std::string sha256 = {};
    /// FileIdentity::text() of the file that the rest was read from.
    std::string identity = {};
    /// First ten digits of `sha256`.
    std::string hash10 = {};
    /// Architecture: "sd1", "sdxl", ...; empty while unknown.
    std::string family = {};
    std::uint64_t size_bytes = 0;
    /// Pixels along one side that it was trained on; 0 while unknown.
    std::int64_t native_size = 0;
};

/// Fills in every name that follows from the path below the models folder and the file's hash
/// (empty while unknown).
ModelDescription describe_model(std::string relative_name, std::string sha256);

/// The checkpoint that `alias` names: title, title without hash, model_name, name, SHA-256 or its
/// first ten digits (these two in any case). A more specific kind of alias wins over a less
/// specific one, then the earlier checkpoint wins; nullptr when there is none. Points into
/// `models`.
const ModelDescription* find_model(
    std::span<const ModelDescription> models, std::string_view alias);

/// As find_model, then the shortest title that contains the text in any case, then the same with
/// a trailing " [hash]" cut off the text. A1111 looks up refiner, hires and override checkpoints
/// so.
const ModelDescription* find_closest_model(
    std::span<const ModelDescription> models, std::string_view text);

}  // namespace darkroom::domain
