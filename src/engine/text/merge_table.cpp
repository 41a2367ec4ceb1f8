// SPDX-License-Identifier: Apache-2.0
#include "engine/text/merge_table.h"

#include <zlib.h>

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/encoding.h"

namespace darkroom::engine {
namespace {

constexpr std::uint32_t kEmpty = 0xFFFF'FFFF;
constexpr std::size_t kSlots = 1 << 17;
constexpr std::size_t kLines = MergeTable::kMerges + 1;
constexpr std::size_t kMostText = 8 << 20;

std::uint32_t pair_of(std::uint16_t left, std::uint16_t right) {
    return static_cast<std::uint32_t>(left) << 16 | right;
}

std::size_t slot_of(std::uint32_t pair) {
    return (pair * 0x9E3779B1u) >> 15;
}

/// Bytes that the published table writes as the character of the same number.
bool is_written_as_itself(unsigned byte) {
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

using SymbolNames = std::unordered_map<std::string, std::uint16_t>;

/// Reads only as many lines as are used: the published file holds five times that.
Result<std::string> inflate_lines(std::span<const std::byte> compressed) {
    constexpr int kGzip = 16;
    z_stream stream{};
    DARKROOM_CHECK(inflateInit2(&stream, kGzip + MAX_WBITS) == Z_OK, "zlib cannot start");
    // zlib does not write to its input; the cast is its interface.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(compressed.size());
    std::string text;
    std::array<char, 65536> buffer{};
    std::size_t lines = 0;
    int status = Z_OK;
    while (status == Z_OK && lines < kLines && text.size() < kMostText) {
        stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
        stream.avail_out = buffer.size();
        status = inflate(&stream, Z_NO_FLUSH);
        const std::size_t size = buffer.size() - stream.avail_out;
        text.append(buffer.data(), size);
        lines += static_cast<std::size_t>(
            std::count(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size), '\n'));
    }
    inflateEnd(&stream);
    if (lines < kLines) return Error{ErrorCode::corrupt_input, "the merge table is cut short"};
    return text;
}

std::string_view take_line(std::string_view& lines) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    return line;
}

}  // namespace

MergeTable::MergeTable() : slots_(kSlots, Slot{kEmpty, 0}) {
    std::uint16_t next = 0;
    for (const bool as_itself : {true, false}) {
        for (unsigned byte = 0; byte < 256; ++byte) {
            if (is_written_as_itself(byte) == as_itself) bytes_.at(byte) = next++;
        }
    }
}

Result<MergeTable> MergeTable::from_gzip(std::span<const std::byte> compressed) {
    DARKROOM_TRY_ASSIGN(const std::string text, inflate_lines(compressed));
    MergeTable table;
    DARKROOM_TRY(table.read(text));
    return table;
}

Result<void> MergeTable::read(std::string_view lines) {
    SymbolNames names(kMerges + kFirstMerged);
    for (unsigned byte = 0, other = 256; byte < 256; ++byte) {
        std::string name;
        append_utf8(name, is_written_as_itself(byte) ? byte : other++);
        const std::uint16_t symbol = bytes_.at(byte);
        names.emplace(name + "</w>", static_cast<std::uint16_t>(symbol + kWordEnd));
        names.emplace(std::move(name), symbol);
    }
    take_line(lines);
    for (std::uint32_t rank = 0; rank < kMerges; ++rank) {
        const std::string_view line = take_line(lines);
        const std::size_t space = line.find(' ');
        const Error bad{
            ErrorCode::corrupt_input, format("the merge table is wrong: line {}", rank + 1)};
        if (space == std::string_view::npos) return bad;
        std::string name(line.substr(0, space));
        const auto left = names.find(name);
        const auto right = names.find(std::string(line.substr(space + 1)));
        if (left == names.end() || right == names.end()) return bad;
        const std::uint16_t left_symbol = left->second;
        const std::uint16_t right_symbol = right->second;
        name += right->first;
        const auto symbol = static_cast<std::uint16_t>(kFirstMerged + rank);
        // BytePairMerger relies on each symbol having one way to arise.
        if (!names.emplace(std::move(name), symbol).second) return bad;
        insert(left_symbol, right_symbol, rank);
    }
    return {};
}

void MergeTable::insert(std::uint16_t left, std::uint16_t right, std::uint32_t rank) {
    const std::uint32_t pair = pair_of(left, right);
    std::size_t at = slot_of(pair);
    while (slots_[at].pair != kEmpty)
        at = (at + 1) % kSlots;
    slots_[at] = {pair, rank};
}

std::optional<std::uint32_t> MergeTable::rank(std::uint16_t left, std::uint16_t right) const {
    const std::uint32_t pair = pair_of(left, right);
    for (std::size_t at = slot_of(pair); slots_[at].pair != kEmpty; at = (at + 1) % kSlots) {
        if (slots_[at].pair == pair) return slots_[at].rank;
    }
    return std::nullopt;
}

}  // namespace darkroom::engine
