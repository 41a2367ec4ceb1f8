// SPDX-License-Identifier: Apache-2.0
#include "engine/text/tokenizer.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "engine/text/byte_pairs.h"
#include "engine/text/repair.h"
#include "engine/text/unicode.h"

// Made by cmake/ClipVocabulary.cmake.
extern "C" {
extern const unsigned char kClipVocabularyBegin[];
extern const unsigned char kClipVocabularyEnd[];
}

namespace darkroom::engine {
namespace {

struct SpecialToken {
    std::string_view spelling;
    std::int32_t id;
};

constexpr std::array<SpecialToken, 2> kSpecialTokens = {{
    {"<|startoftext|>", ClipTokenizer::kStartToken},
    {"<|endoftext|>", ClipTokenizer::kEndToken},
}};

/// Tried in this order before runs of letters; the specials first.
constexpr std::array<std::string_view, 9> kLiterals = {
    "<|startoftext|>", "<|endoftext|>", "'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

std::u32string collapse_spaces(std::u32string_view text) {
    std::u32string collapsed;
    collapsed.reserve(text.size());
    for (const char32_t c : text) {
        if (!is_space(c)) {
            collapsed += c;
        } else if (!collapsed.empty() && collapsed.back() != U' ') {
            collapsed += U' ';
        }
    }
    if (!collapsed.empty() && collapsed.back() == U' ') collapsed.pop_back();
    return collapsed;
}

/// The pattern ignores case, under which the long s is an s.
bool starts_with_literal(std::u32string_view text, std::string_view literal) {
    if (text.size() < literal.size()) return false;
    return std::equal(literal.begin(), literal.end(), text.begin(), [](char wanted, char32_t c) {
        return c == static_cast<unsigned char>(wanted) || (wanted == 's' && c == U'ſ');
    });
}

/// Under the pattern's case folding U+0345 is an iota, a letter, to one alternative and a mark to
/// the other, so that no alternative takes it and it disappears.
bool is_skipped(char32_t c) {
    return is_space(c) || c == 0x345;
}

bool is_other(char32_t c) {
    return !is_skipped(c) && !is_letter(c) && !is_number(c);
}

/// Length of the word that `text` begins with; its first character is not skipped.
std::size_t word_length(std::u32string_view text) {
    if (text.front() == U'\'' || text.front() == U'<') {
        for (const std::string_view literal : kLiterals) {
            if (starts_with_literal(text, literal)) return literal.size();
        }
    }
    if (is_number(text.front())) return 1;
    const bool letters = is_letter(text.front());
    const auto end = std::find_if(text.begin(), text.end(), [letters](char32_t c) {
        return letters ? !is_letter(c) : !is_other(c);
    });
    return static_cast<std::size_t>(end - text.begin());
}

/// The id of a special token's spelling, or -1.
std::int32_t special_id(std::string_view word) {
    for (const SpecialToken& token : kSpecialTokens) {
        if (word == token.spelling) return token.id;
    }
    return -1;
}

void append_words(
    std::u32string_view text, BytePairMerger& merger, std::vector<std::int32_t>& ids) {
    const std::u32string clean = to_lower(collapse_spaces(repair_text(text)));
    std::u32string_view rest = clean;
    std::string word;
    while (!rest.empty()) {
        if (is_skipped(rest.front())) {
            rest.remove_prefix(1);
            continue;
        }
        const std::size_t length = word_length(rest);
        word.clear();
        for (const char32_t c : rest.substr(0, length))
            append_utf8(word, c);
        rest.remove_prefix(length);
        const std::int32_t special = special_id(word);
        if (special >= 0) {
            ids.push_back(special);
        } else {
            merger.append_tokens(word, ids);
        }
    }
}

/// The first special token spelled in `text`, or npos and nullptr.
std::pair<std::size_t, const SpecialToken*> find_special(std::string_view text, std::size_t from) {
    for (std::size_t at = text.find("<|", from); at != std::string_view::npos;
         at = text.find("<|", at + 1)) {
        for (const SpecialToken& token : kSpecialTokens) {
            if (text.substr(at, token.spelling.size()) == token.spelling) return {at, &token};
        }
    }
    return {std::string_view::npos, nullptr};
}

}  // namespace

std::shared_ptr<const ClipTokenizer> ClipTokenizer::bundled() {
    const auto size = static_cast<std::size_t>(kClipVocabularyEnd - kClipVocabularyBegin);
    const std::span<const unsigned char> file(kClipVocabularyBegin, size);
    return std::make_shared<const ClipTokenizer>(from_gzip(std::as_bytes(file)).value());
}

Result<ClipTokenizer> ClipTokenizer::from_gzip(std::span<const std::byte> compressed) {
    DARKROOM_TRY_ASSIGN(MergeTable merges, MergeTable::from_gzip(compressed));
    return ClipTokenizer(std::move(merges));
}

std::vector<std::int32_t> ClipTokenizer::encode(std::string_view utf8) const {
    std::vector<std::int32_t> ids;
    BytePairMerger merger(merges_);
    std::size_t start = 0;
    while (true) {
        // The two spellings cut the raw text before any cleaning, as transformers does.
        const auto found = find_special(utf8, start);
        const std::size_t end = std::min(found.first, utf8.size());
        append_words(decode_utf8(utf8.substr(start, end - start)), merger, ids);
        if (found.second == nullptr) return ids;
        ids.push_back(found.second->id);
        start = end + found.second->spelling.size();
    }
}

}  // namespace darkroom::engine
