// SPDX-License-Identifier: Apache-2.0
#include "api/prompt_comments.h"

namespace darkroom::api {
namespace {

/// Past the end of the line and its newline.
std::size_t next_line(std::string_view text, std::size_t position) {
    const std::size_t end = text.find('\n', position);
    return end == std::string_view::npos ? text.size() : end + 1;
}

std::string strip_whole_lines(std::string_view text) {
    std::string kept;
    for (std::size_t i = 0; i < text.size();) {
        const bool after_newline = text[i] == '\n' && i + 1 < text.size() && text[i + 1] == '#';
        const bool at_start = i == 0 && text[i] == '#';
        if (after_newline || at_start) {
            kept += '\n';
            i = next_line(text, at_start ? i : i + 1);
        } else {
            kept += text[i++];
        }
    }
    return kept;
}

std::string strip_line_ends(std::string_view text) {
    std::string kept;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '#') {
            kept += '\n';
            i = next_line(text, i);
        } else {
            kept += text[i++];
        }
    }
    return kept;
}

}  // namespace

std::string strip_comments(std::string_view prompt) {
    return strip_line_ends(strip_whole_lines(prompt));
}

}  // namespace darkroom::api
