// SPDX-License-Identifier: Apache-2.0
#include "engine/weights/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/format.h"
#include "json/json.h"

namespace darkroom::engine {
namespace {

constexpr std::size_t kPrefixBytes = 8;
constexpr std::size_t kMaxRank = 8;
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 40;

Error corrupt(std::string message) {
    return Error{ErrorCode::corrupt_input, std::move(message)};
}

std::optional<StoredType> parse_type(std::string_view word) {
    constexpr std::array kTypes = {
        StoredType::f64,
        StoredType::f32,
        StoredType::f16,
        StoredType::bf16,
        StoredType::f8_e4m3,
        StoredType::f8_e5m2,
        StoredType::i64,
        StoredType::i32,
        StoredType::i16,
        StoredType::i8,
        StoredType::u8,
        StoredType::boolean};
    const auto found =
        std::ranges::find_if(kTypes, [&](StoredType type) { return to_string(type) == word; });
    if (found == kTypes.end()) return std::nullopt;
    return *found;
}

Result<std::vector<std::int64_t>> parse_shape(const json::Value* value) {
    if (value == nullptr || !value->is_array()) return corrupt("shape is not a list");
    if (value->as_array().size() > kMaxRank) return corrupt("shape has too many axes");
    std::vector<std::int64_t> shape;
    std::int64_t count = 1;
    for (const json::Value& extent : value->as_array()) {
        if (!extent.is_integer() || extent.as_integer() < 0) {
            return corrupt("shape has an extent that is not a count");
        }
        shape.push_back(extent.as_integer());
        if (shape.back() > kMaxExtent || __builtin_mul_overflow(count, shape.back(), &count) ||
            count > kMaxExtent) {
            return corrupt("shape is impossibly large");
        }
    }
    return shape;
}

/// Offsets relative to the data, as the file gives them.
Result<StoredTensor> parse_tensor(const json::Value& value, std::size_t data_bytes) {
    const json::Value* type = value.find("dtype");
    if (type == nullptr || !type->is_string()) return corrupt("dtype is missing");
    const std::optional<StoredType> stored = parse_type(type->as_string());
    if (!stored) return corrupt(format("unknown dtype {}", type->as_string().substr(0, 20)));

    StoredTensor tensor;
    tensor.type = *stored;
    DARKROOM_TRY_ASSIGN(tensor.shape, parse_shape(value.find("shape")));

    const json::Value* offsets = value.find("data_offsets");
    if (offsets == nullptr || !offsets->is_array() || offsets->as_array().size() != 2 ||
        !(*offsets)[0].is_integer() || !(*offsets)[1].is_integer()) {
        return corrupt("data_offsets are not two integers");
    }
    const std::int64_t begin = (*offsets)[0].as_integer();
    const std::int64_t end = (*offsets)[1].as_integer();
    if (begin < 0 || end < begin || static_cast<std::uint64_t>(end) > data_bytes) {
        return corrupt(format("data_offsets {}..{} lie outside the file", begin, end));
    }
    tensor.offset_bytes = static_cast<std::size_t>(begin);
    tensor.size_bytes = static_cast<std::size_t>(end - begin);
    if (static_cast<std::size_t>(tensor.numel()) * size_of(tensor.type) != tensor.size_bytes) {
        return corrupt("shape and data_offsets disagree");
    }
    return tensor;
}

Result<void> parse_metadata(const json::Value& value, TensorTable& table) {
    if (!value.is_object()) return corrupt("__metadata__ is not an object");
    for (const auto& [key, text] : value.as_object()) {
        if (!text.is_string()) return corrupt("__metadata__ has a value that is not text");
        table.metadata.emplace(key, text.as_string());
    }
    return {};
}

/// The data must be covered exactly once, in whatever order the header lists it.
Result<void> check_coverage(const TensorTable& table, std::size_t data_bytes) {
    std::vector<std::pair<std::size_t, std::size_t>> pieces;
    for (const auto& [name, tensor] : table.tensors) {
        pieces.emplace_back(tensor.offset_bytes, tensor.offset_bytes + tensor.size_bytes);
    }
    std::ranges::sort(pieces);
    std::size_t position = 0;
    for (const auto& [begin, end] : pieces) {
        if (begin != position) {
            return corrupt(format(
                "tensors {} at byte {} of the data",
                begin < position ? "overlap" : "leave a gap",
                std::min(begin, position)));
        }
        position = end;
    }
    if (position != data_bytes) {
        return corrupt(
            format("the file has {} bytes of data, its header describes {}", data_bytes, position));
    }
    return {};
}

}  // namespace

Result<TensorTable> parse_safetensors(std::span<const std::byte> file) {
    if (file.size() < kPrefixBytes) return corrupt("too short for a safetensors header");
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, file.data(), kPrefixBytes);
    if (header_bytes > kMaxHeaderBytes) {
        return corrupt(format(
            "the header claims {} bytes, more than the {} allowed; not a safetensors file?",
            header_bytes,
            kMaxHeaderBytes));
    }
    if (header_bytes > file.size() - kPrefixBytes) {
        return corrupt(format(
            "the header claims {} bytes but the file has only {}; it is truncated",
            header_bytes,
            file.size()));
    }
    const std::string_view text(
        reinterpret_cast<const char*>(file.data()) + kPrefixBytes, header_bytes);
    const auto header = json::parse(text, {.max_depth = 4});
    if (!header) return corrupt("the header is " + header.error().message);
    if (!header->is_object()) return corrupt("the header is not a JSON object");
    if (header->as_object().size() > kMaxTensors) return corrupt("too many tensors");

    const std::size_t data_begin = kPrefixBytes + header_bytes;
    const std::size_t data_bytes = file.size() - data_begin;
    TensorTable table;
    for (const auto& [name, value] : header->as_object()) {
        if (name == "__metadata__") {
            DARKROOM_TRY(parse_metadata(value, table));
            continue;
        }
        if (name.empty() || name.find('\0') != std::string::npos) {
            return corrupt("a tensor name is empty or has a NUL in it");
        }
        auto tensor = parse_tensor(value, data_bytes);
        if (!tensor) return tensor.error().with_context("tensor " + name.substr(0, 200));
        table.tensors.emplace(name, *std::move(tensor));
    }
    DARKROOM_TRY(check_coverage(table, data_bytes));
    for (auto& [name, tensor] : table.tensors)
        tensor.offset_bytes += data_begin;
    return table;
}

}  // namespace darkroom::engine
