// SPDX-License-Identifier: Apache-2.0
#include "engine/text/emphasis.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "engine/text/brackets.h"
#include "engine/text/unicode.h"

namespace darkroom::engine {
namespace {

constexpr double kRound = 1.1;
constexpr double kSquare = 1 / 1.1;
constexpr double kMostWeight = static_cast<double>(std::numeric_limits<float>::max());
constexpr std::u32string_view kBreak = U"BREAK";

/// ":1.3)" and the like: its number in ASCII and how much text it takes.
struct WeightSuffix {
    std::string number;
    std::size_t length = 0;
};

std::size_t skip_spaces(std::u32string_view text, std::size_t at) {
    while (at < text.size() && is_space(text[at]))
        ++at;
    return at;
}

std::optional<WeightSuffix> match_weight(std::u32string_view text) {
    std::size_t at = skip_spaces(text, 1);
    WeightSuffix suffix;
    if (at < text.size() && (text[at] == U'+' || text[at] == U'-')) {
        suffix.number += static_cast<char>(text[at++]);
    }
    const std::size_t first = at;
    for (; at < text.size(); ++at) {
        const int digit = decimal_digit(text[at]);
        if (digit < 0 && text[at] != U'.') break;
        suffix.number += digit < 0 ? '.' : static_cast<char>('0' + digit);
    }
    if (at == first) return std::nullopt;
    at = skip_spaces(text, at);
    if (at == text.size() || text[at] != U')') return std::nullopt;
    suffix.length = at + 1;
    return suffix;
}

Result<double> parse_weight(std::string_view number) {
    constexpr std::size_t kMostShown = 40;
    if (number.front() == '+') number.remove_prefix(1);
    double weight = 0;
    const char* end = number.data() + number.size();
    const auto [stop, error] =
        std::from_chars(number.data(), end, weight, std::chars_format::fixed);
    if (error == std::errc::result_out_of_range) {
        const std::size_t digit = number.find_first_of("123456789.");
        const bool is_huge = digit != std::string_view::npos && number[digit] != '.';
        weight = is_huge ? std::numeric_limits<double>::infinity() : 0.0;
    } else if (error != std::errc() || stop != end) {
        return Error{
            ErrorCode::invalid_argument,
            format("emphasis weight is not a number: {}", number.substr(0, kMostShown))};
    }
    if (!std::isfinite(weight)) {
        return Error{
            ErrorCode::invalid_argument,
            format("emphasis weight is out of range: {}", number.substr(0, kMostShown))};
    }
    return weight;
}

/// A piece of the prompt and the brackets that were open around it.
struct Piece {
    std::u32string_view text;
    double base = 1.0;
    BracketWeights::Place place;
};

class EmphasisParser {
  public:
    explicit EmphasisParser(std::u32string_view prompt) : rest_(prompt) {}

    Result<std::vector<WeightedText>> run();

  private:
    Result<std::size_t> take_token();
    Result<std::size_t> take_colon();
    void append(std::u32string_view text, double base = 1.0);
    void append_with_breaks(std::u32string_view text);
    [[nodiscard]] Result<std::vector<WeightedText>> merged() const;

    std::u32string_view rest_;
    std::size_t closed_ = 0;
    BracketStack round_{kRound};
    BracketStack square_{kSquare};
    std::vector<Piece> pieces_;
};

Result<std::vector<WeightedText>> EmphasisParser::run() {
    while (!rest_.empty()) {
        DARKROOM_TRY_ASSIGN(const std::size_t length, take_token());
        rest_.remove_prefix(length);
    }
    return merged();
}

Result<std::size_t> EmphasisParser::take_token() {
    const char32_t c = rest_.front();
    switch (c) {
        case U'\\': {
            const char32_t next = rest_.size() > 1 ? rest_[1] : U' ';
            const bool escapes = std::u32string_view(U"()[]\\").find(next) != rest_.npos;
            append(rest_.substr(1, escapes ? 1 : 0));
            return std::size_t{escapes ? 2u : 1u};
        }
        case U'(':
            round_.open();
            return std::size_t{1};
        case U'[':
            square_.open();
            return std::size_t{1};
        case U')':
        case U']': {
            BracketStack& stack = c == U')' ? round_ : square_;
            if (stack.is_open()) {
                stack.close(closed_++);
            } else {
                append(rest_.substr(0, 1));
            }
            return std::size_t{1};
        }
        case U':':
            return take_colon();
        default: {
            const std::size_t end = std::min(rest_.find_first_of(U"\\()[]:"), rest_.size());
            append_with_breaks(rest_.substr(0, end));
            return end;
        }
    }
}

Result<std::size_t> EmphasisParser::take_colon() {
    const std::optional<WeightSuffix> suffix = match_weight(rest_);
    if (!suffix.has_value() || !round_.is_open()) {
        const std::size_t length = suffix.has_value() ? suffix->length : 1;
        append(rest_.substr(0, length));
        return length;
    }
    DARKROOM_TRY_ASSIGN(const double weight, parse_weight(suffix->number));
    round_.close(closed_++, weight);
    return suffix->length;
}

void EmphasisParser::append(std::u32string_view text, double base) {
    pieces_.push_back({text, base, {round_.top(), square_.top()}});
}

/// Cuts at each BREAK that is a whole word and drops the white space around it.
void EmphasisParser::append_with_breaks(std::u32string_view text) {
    std::size_t start = 0;
    std::size_t at = text.find(kBreak);
    for (; at != text.npos; at = text.find(kBreak, at)) {
        std::size_t end = at + kBreak.size();
        const bool whole =
            (at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]));
        if (!whole) {
            at = end;
            continue;
        }
        std::size_t before = at;
        while (before > start && is_space(text[before - 1]))
            --before;
        append(text.substr(start, before - start));
        append(kBreak, -1.0);
        end = skip_spaces(text, end);
        start = end;
        at = end;
    }
    append(text.substr(start));
}

Result<std::vector<WeightedText>> EmphasisParser::merged() const {
    const BracketWeights weights(round_, square_);
    std::vector<WeightedText> parts;
    for (const Piece& piece : pieces_) {
        const double weight = weights.weight(piece.base, piece.place);
        if (!(std::abs(weight) <= kMostWeight)) {
            return Error{
                ErrorCode::invalid_argument, "nested emphasis weights multiply out of range"};
        }
        if (parts.empty() || parts.back().weight != weight) {
            parts.push_back({{}, weight});
        }
        parts.back().text += encode_utf8(piece.text);
    }
    if (parts.empty()) parts.emplace_back();
    return parts;
}

}  // namespace

Result<std::vector<WeightedText>> parse_emphasis(std::string_view prompt) {
    const std::u32string text = decode_utf8(prompt);
    return EmphasisParser(text).run();
}

}  // namespace darkroom::engine
