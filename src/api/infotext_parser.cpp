// SPDX-License-Identifier: Apache-2.0
#include "api/infotext_parser.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "api/python_text.h"

namespace darkroom::api {
namespace {

constexpr std::string_view kSpace = " \t\n\r\v\f";
constexpr std::string_view kNegativeMark = "Negative prompt:";
constexpr std::size_t kFewestParameters = 3;

struct Pair {
    std::string_view key;
    std::string_view value;
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// A letter of any alphabet, a digit or an underscore.
bool is_word(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           byte >= 0x80;
}

bool is_key_character(char c) {
    return is_word(c) || c == ' ' || c == '-' || c == '/';
}

std::string_view stripped(std::string_view text) {
    text = strip_leading_space(text);
    const std::size_t last = text.find_last_not_of(kSpace);
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::size_t skip_space(std::string_view line, std::size_t at) {
    return std::min(line.find_first_not_of(kSpace, at), line.size());
}

/// Where the quoted text that begins at `at` ends, if a comma or the end of the line follows it.
std::optional<std::size_t> quoted_end(std::string_view line, std::size_t at) {
    for (std::size_t i = at + 1; i < line.size(); ++i) {
        if (line[i] == '\\') {
            ++i;
        } else if (line[i] == '"') {
            const bool ends = i + 1 == line.size() || line[i + 1] == ',';
            return ends && i > at + 1 ? std::optional(i + 1) : std::nullopt;
        }
    }
    return std::nullopt;
}

/// The "key: value" pairs of a line, one after the other.
std::vector<Pair> find_pairs(std::string_view line) {
    std::vector<Pair> pairs;
    std::size_t at = 0;
    while (at < line.size()) {
        const std::size_t key = skip_space(line, at);
        if (key == line.size()) break;
        if (!is_word(line[key])) {
            at = key + 1;
            continue;
        }
        std::size_t end = key + 1;
        while (end < line.size() && is_key_character(line[end]))
            ++end;
        // No pair can begin inside of a run that no colon follows.
        if (end == line.size() || line[end] != ':' || end == key + 1) {
            at = end;
            continue;
        }
        const std::size_t value = skip_space(line, end + 1);
        std::optional<std::size_t> stop;
        if (value < line.size() && line[value] == '"') stop = quoted_end(line, value);
        if (!stop) stop = std::min(line.find(',', value), line.size());
        pairs.push_back({line.substr(key, end - key), line.substr(value, *stop - value)});
        at = *stop + 1;
    }
    return pairs;
}

/// The text inside of a JSON string, or the value as it is.
std::string unquoted(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        const auto parsed = json::parse(value);
        if (parsed && parsed->is_string()) return parsed->as_string();
    }
    return std::string(value);
}

/// Where the x of "512x768" is.
std::optional<std::size_t> size_separator(std::string_view value) {
    const std::size_t x = value.find('x');
    if (x == std::string_view::npos || x == 0 || x + 1 == value.size()) return std::nullopt;
    const bool digits = std::ranges::all_of(value.substr(0, x), is_digit) &&
                        std::ranges::all_of(value.substr(x + 1), is_digit);
    return digits ? std::optional(x) : std::nullopt;
}

json::Object parameters_of(const std::vector<Pair>& pairs) {
    json::Object parameters;
    for (const Pair& pair : pairs) {
        if (pair.value.empty()) continue;
        const std::string key(pair.key);
        const std::string value = unquoted(pair.value);
        if (const auto x = size_separator(value)) {
            parameters.set(key + "-1", value.substr(0, *x));
            parameters.set(key + "-2", value.substr(*x + 1));
        } else {
            parameters.set(key, value);
        }
    }
    return parameters;
}

void add_prompts(ParsedInfotext& parsed, std::string_view text) {
    std::string* prompt = &parsed.prompt;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = stripped(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with(kNegativeMark)) {
            prompt = &parsed.negative_prompt;
            line = stripped(line.substr(kNegativeMark.size()));
        }
        if (!prompt->empty()) *prompt += '\n';
        *prompt += line;
    }
}

bool uses_emphasis(const ParsedInfotext& infotext) {
    return infotext.prompt.find_first_of("([") != std::string::npos ||
           infotext.negative_prompt.find_first_of("([") != std::string::npos;
}

}  // namespace

ParsedInfotext parse_infotext(std::string_view text) {
    ParsedInfotext parsed;
    text = stripped(text);
    const std::size_t last_line = text.rfind('\n') + 1;  // npos + 1 is 0
    const std::vector<Pair> pairs = find_pairs(text.substr(last_line));
    if (pairs.size() < kFewestParameters) {
        add_prompts(parsed, text);
        return parsed;
    }
    parsed.parameters = parameters_of(pairs);
    add_prompts(parsed, text.substr(0, last_line));
    return parsed;
}

json::Object infotext_parameters(const ParsedInfotext& infotext) {
    json::Object parameters = infotext.parameters;
    parameters.set("Prompt", infotext.prompt);
    parameters.set("Negative prompt", infotext.negative_prompt);
    const auto add_default = [&parameters](const char* key, const json::Value& value) {
        if (parameters.find(key) == nullptr) parameters.append(key, value);
    };
    add_default("Clip skip", "1");
    add_default("Hires resize-1", 0);
    add_default("Hires resize-2", 0);
    add_default("Hires sampler", "Use same sampler");
    add_default("Hires schedule type", "Use same scheduler");
    add_default("Hires checkpoint", "Use same checkpoint");
    add_default("Hires prompt", "");
    add_default("Hires negative prompt", "");
    add_default("Mask mode", "Inpaint masked");
    add_default("Masked content", "original");
    add_default("Inpaint area", "Whole picture");
    add_default("Masked area padding", 32);
    add_default("RNG", "GPU");
    add_default("Schedule type", "Automatic");
    add_default("Schedule max sigma", 0);
    add_default("Schedule min sigma", 0);
    add_default("Schedule rho", 0);
    add_default("VAE Encoder", "Full");
    add_default("VAE Decoder", "Full");
    add_default("FP8 weight", "Disable");
    if (*parameters.find("FP8 weight") != json::Value("Disable")) {
        add_default("Cache FP16 weight for LoRA", false);
    }
    if (uses_emphasis(infotext)) add_default("Emphasis", "Original");
    add_default("Refiner switch by sampling steps", false);
    return parameters;
}

}  // namespace darkroom::api
