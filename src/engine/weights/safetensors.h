// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace darkroom::engine {

/// Number formats met in checkpoint files.
enum class StoredType { f64, f32, f16, bf16, f8_e4m3, f8_e5m2, i64, i32, i16, i8, u8, boolean };

std::string_view to_string(StoredType type);
std::size_t size_of(StoredType type);
bool is_floating(StoredType type);

/// One tensor in a file: where its numbers lie and what they are.
struct StoredTensor {
    StoredType type = StoredType::f32;
    std::vector<std::int64_t> shape;
    /// From the beginning of the file.
    std::size_t offset_bytes = 0;
    std::size_t size_bytes = 0;

    [[nodiscard]] std::int64_t numel() const;
};

/// The contents table of a checkpoint.
struct TensorTable {
    std::map<std::string, StoredTensor, std::less<>> tensors;
    std::map<std::string, std::string, std::less<>> metadata;
};

/// Largest JSON header and largest number of tensors taken.
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxTensors = 50'000;

/// Reads the header of a safetensors file (8 bytes little-endian length, JSON, data). Every length
/// and offset is checked against `file`: no overlap, no gap, shape times type equals bytes.
/// Fails with corrupt_input, naming the tensor at fault.
Result<TensorTable> parse_safetensors(std::span<const std::byte> file);

/// A mapped checkpoint.
class CheckpointFile {
  public:
    /// Fails with not_found, corrupt_input, or unimplemented for formats that are not read yet
    /// (.ckpt and .pt pickles, GGUF).
    static Result<CheckpointFile> open(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] const TensorTable& table() const { return table_; }
    [[nodiscard]] std::size_t size_bytes() const { return file_.bytes().size(); }
    /// Of the file that is mapped, whatever took its name since.
    [[nodiscard]] const FileIdentity& identity() const { return file_.identity(); }
    /// SHA-256 of the mapped bytes; reads them all.
    [[nodiscard]] std::string sha256() const;

    /// Converts elements [begin, begin + out.size()) of a floating-point tensor to f32.
    void read_f32(const StoredTensor& tensor, std::size_t begin, std::span<float> out) const;

    /// Gives the pages of a tensor that has been read back to the system.
    void release(const StoredTensor& tensor) const;

  private:
    std::filesystem::path path_;
    MappedFile file_;
    TensorTable table_;
};

}  // namespace darkroom::engine
