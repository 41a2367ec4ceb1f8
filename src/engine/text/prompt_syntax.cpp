// SPDX-License-Identifier: Apache-2.0
#include "engine/text/prompt_syntax.h"

#include <algorithm>
#include <cstddef>

#include "engine/text/unicode.h"

namespace darkroom::engine {
namespace {

/// SIGNED_NUMBER of the grammar with white space around it: "0.5", " +3 ", "1e-2".
bool is_step(std::u32string_view text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    const auto take = [&text](std::u32string_view any) {
        const bool found = !text.empty() && any.find(text.front()) != any.npos;
        if (found) text.remove_prefix(1);
        return found;
    };
    const auto take_digits = [&take] {
        bool found = false;
        while (take(U"0123456789"))
            found = true;
        return found;
    };
    take(U"+-");
    const bool whole = take_digits();
    const bool fraction = take(U".") && take_digits();
    if (!whole && !fraction) return false;
    if (take(U"eE")) {
        take(U"+-");
        if (!take_digits()) return false;
    }
    return text.empty();
}

/// Finds `[a:b:0.5]` and `[a|b]`: a stack of open brackets, each with its separators so far.
class ConstructFinder {
  public:
    explicit ConstructFinder(std::u32string_view text) : text_(text) {}

    void run();

    [[nodiscard]] bool has_editing() const { return editing_; }
    [[nodiscard]] bool has_alternation() const { return alternation_; }

  private:
    struct Frame {
        char32_t bracket;
        std::size_t colons = 0;
        std::size_t bars = 0;
        std::size_t last_part = 0;
    };

    void read(std::size_t at);
    void close(std::size_t at);
    void abandon();

    std::u32string_view text_;
    std::vector<Frame> open_;
    bool editing_ = false;
    bool alternation_ = false;
    /// The grammar cannot read the prompt, so all of it is text.
    bool unreadable_ = false;
};

void ConstructFinder::run() {
    for (std::size_t at = 0; at < text_.size() && !unreadable_; ++at) {
        if (text_[at] != U'\\') {
            read(at);
            continue;
        }
        ++at;
        unreadable_ = at == text_.size() || text_[at] == U'\n';
    }
    abandon();
    if (unreadable_) editing_ = alternation_ = false;
}

void ConstructFinder::read(std::size_t at) {
    switch (text_[at]) {
        case U'(':
        case U'[':
            open_.push_back({text_[at], 0, 0, at + 1});
            break;
        case U')':
        case U']':
            close(at);
            break;
        case U':':
            if (open_.empty()) break;
            ++open_.back().colons;
            open_.back().last_part = at + 1;
            break;
        case U'|':
            if (open_.empty()) {
                unreadable_ = true;
            } else {
                ++open_.back().bars;
            }
            break;
        default:
            break;
    }
}

void ConstructFinder::close(std::size_t at) {
    const char32_t opening = text_[at] == U')' ? U'(' : U'[';
    if (open_.empty() || open_.back().bracket != opening) {
        abandon();
        return;
    }
    const Frame frame = open_.back();
    const bool plain = frame.colons == 0 && frame.bars == 0;
    if (opening == U'(') {
        if (!plain && (frame.colons != 1 || frame.bars != 0)) {
            abandon();
            return;
        }
    } else if (frame.colons == 0 && frame.bars > 0) {
        alternation_ = true;
    } else if (
        (frame.colons == 1 || frame.colons == 2) && frame.bars == 0 &&
        is_step(text_.substr(frame.last_part, at - frame.last_part))) {
        editing_ = true;
    } else if (!plain) {
        abandon();
        return;
    }
    open_.pop_back();
}

/// An unmatched bracket is text, and with it every bracket that is open around it.
void ConstructFinder::abandon() {
    for (const Frame& frame : open_)
        unreadable_ = unreadable_ || frame.bars > 0;
    open_.clear();
}

/// Removes `<word:anything>`; true when there was one.
bool remove_tags(std::u32string& text) {
    std::u32string kept;
    kept.reserve(text.size());
    bool found = false;
    std::size_t closing = text.find(U'>');
    for (std::size_t i = 0; i < text.size();) {
        if (closing != text.npos && closing <= i) closing = text.find(U'>', i + 1);
        std::size_t end = i + 1;
        if (text[i] == U'<') {
            while (end < text.size() && is_word(text[end]))
                ++end;
        }
        const bool named = end > i + 1 && end < text.size() && text[end] == U':';
        if (named && closing != text.npos && closing > end + 1) {
            found = true;
            i = closing + 1;
        } else {
            kept += text[i++];
        }
    }
    text = std::move(kept);
    return found;
}

bool has_word_and(std::u32string_view text) {
    constexpr std::u32string_view kAnd = U"AND";
    for (std::size_t at = text.find(kAnd); at != text.npos; at = text.find(kAnd, at + 1)) {
        const std::size_t end = at + kAnd.size();
        const bool starts = at == 0 || !is_word(text[at - 1]);
        if (starts && (end == text.size() || !is_word(text[end]))) return true;
    }
    return false;
}

}  // namespace

std::vector<std::string> unsupported_syntax(std::string_view prompt, PromptRole role) {
    std::u32string text = decode_utf8(prompt);
    const bool positive = role == PromptRole::positive;
    const bool has_tags = positive && remove_tags(text);
    ConstructFinder finder(text);
    finder.run();
    std::vector<std::string> names;
    if (finder.has_editing()) names.emplace_back("prompt editing");
    if (finder.has_alternation()) names.emplace_back("alternation");
    if (positive && has_word_and(text)) names.emplace_back("AND");
    if (has_tags) names.emplace_back("extra network tags");
    return names;
}

}  // namespace darkroom::engine
