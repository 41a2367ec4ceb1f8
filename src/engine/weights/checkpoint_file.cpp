// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/format.h"
#include "base/sha256.h"
#include "engine/tensor/dtype.h"
#include "engine/weights/safetensors.h"

namespace darkroom::engine {
namespace {

template <class Stored, class Convert>
void convert(const std::byte* data, std::span<float> out, Convert to_float) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        Stored value{};
        std::memcpy(&value, data + i * sizeof(Stored), sizeof(Stored));
        out[i] = to_float(value);
    }
}

/// What a file that is not safetensors seems to be, from its first bytes.
Result<void> refuse_other_formats(
    std::span<const std::byte> bytes, const std::filesystem::path& path) {
    const auto starts_with = [&](std::string_view magic) {
        return bytes.size() >= magic.size() &&
               std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
    };
    const char* format_name = nullptr;
    if (starts_with(std::string_view("PK\x03\x04", 4))) format_name = "PyTorch zip checkpoint";
    if (starts_with(std::string_view("\x80\x02", 2))) format_name = "PyTorch pickle checkpoint";
    if (starts_with("GGUF")) format_name = "GGUF";
    if (format_name == nullptr) return {};
    return Error{
        ErrorCode::unimplemented,
        format("{}: not yet supported: {}; convert it to safetensors", path.string(), format_name)};
}

}  // namespace

Result<CheckpointFile> CheckpointFile::open(const std::filesystem::path& path) {
    CheckpointFile checkpoint;
    checkpoint.path_ = path;
    DARKROOM_TRY_ASSIGN(checkpoint.file_, MappedFile::open(path));
    DARKROOM_TRY(refuse_other_formats(checkpoint.file_.bytes(), path));
    auto table = parse_safetensors(checkpoint.file_.bytes());
    if (!table) return table.error().with_context(path.string());
    checkpoint.table_ = *std::move(table);
    return checkpoint;
}

std::string CheckpointFile::sha256() const {
    constexpr std::size_t kPiece = std::size_t{16} << 20;
    const std::span<const std::byte> bytes = file_.bytes();
    Sha256 hash;
    for (std::size_t begin = 0; begin < bytes.size(); begin += kPiece) {
        const std::size_t size = std::min(kPiece, bytes.size() - begin);
        hash.update(bytes.subspan(begin, size));
        file_.release_pages(begin, size);
    }
    return hash.hex();
}

void CheckpointFile::read_f32(
    const StoredTensor& tensor, std::size_t begin, std::span<float> out) const {
    DARKROOM_CHECK(
        begin + out.size() <= static_cast<std::size_t>(tensor.numel()), "read past a tensor's end");
    const std::byte* data =
        file_.bytes().data() + tensor.offset_bytes + begin * size_of(tensor.type);
    switch (tensor.type) {
        case StoredType::f32:
            std::memcpy(out.data(), data, out.size_bytes());
            return;
        case StoredType::f64:
            convert<double>(data, out, [](double v) { return static_cast<float>(v); });
            return;
        case StoredType::f16:
            convert<std::uint16_t>(data, out, f16_to_f32);
            return;
        case StoredType::bf16:
            convert<BFloat16>(data, out, [](BFloat16 v) { return to_f32(v); });
            return;
        case StoredType::f8_e4m3:
            convert<std::uint8_t>(data, out, f8_e4m3_to_f32);
            return;
        case StoredType::f8_e5m2:
            convert<std::uint8_t>(data, out, f8_e5m2_to_f32);
            return;
        default:
            DARKROOM_CHECK(false, "{} read as floating point", to_string(tensor.type));
    }
}

void CheckpointFile::release(const StoredTensor& tensor) const {
    file_.release_pages(tensor.offset_bytes, tensor.size_bytes);
}

}  // namespace darkroom::engine
