// SPDX-License-Identifier: Apache-2.0
#include "gateway/api_document.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace darkroom::gateway {
namespace {

constexpr std::size_t kLevel = 2;

struct Entry {
    std::string key;
    /// The line of the key and those below it that are indented more.
    std::string text;
};

/// The mapping entries at one indentation.
std::vector<Entry> entries_at(std::string_view text, std::size_t indentation) {
    std::vector<Entry> entries;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::size_t begin = line.find_first_not_of(' ');
        if (begin == std::string_view::npos) continue;
        if (begin == indentation) {
            const std::string_view key = line.substr(begin, line.find(':') - begin);
            entries.push_back({std::string(key), {}});
        }
        if (!entries.empty()) entries.back().text += std::string(line) + '\n';
    }
    return entries;
}

/// The entries below a key; none when it is not there.
std::vector<Entry> entries_below(
    const std::vector<Entry>& entries, std::string_view key, std::size_t indentation) {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    if (found == entries.end()) return {};
    return entries_at(found->text.substr(found->text.find('\n') + 1), indentation);
}

std::string resolve(const std::string& response, const std::vector<Entry>& components) {
    constexpr std::string_view kReference = "\"#/components/responses/";
    const std::size_t at = response.find(kReference);
    if (at == std::string::npos) return response;
    const std::size_t begin = at + kReference.size();
    const std::string name = response.substr(begin, response.find('"', begin) - begin);
    const auto found = std::ranges::find(components, name, &Entry::key);
    return found == components.end() ? "" : found->text;
}

}  // namespace

std::map<std::string, DocumentedResponses> read_api_document(std::string_view text) {
    const std::vector<Entry> top = entries_at(text, 0);
    const std::vector<Entry> components =
        entries_below(entries_below(top, "components", kLevel), "responses", 2 * kLevel);
    std::map<std::string, DocumentedResponses> operations;
    for (const Entry& path : entries_below(top, "paths", kLevel)) {
        for (const Entry& method : entries_below({path}, path.key, 2 * kLevel)) {
            std::string name = method.key;
            std::ranges::transform(
                name, name.begin(), [](unsigned char c) { return std::toupper(c); });
            DocumentedResponses& responses = operations[name + ' ' + path.key];
            const std::vector<Entry> members = entries_below({method}, method.key, 3 * kLevel);
            for (const Entry& response : entries_below(members, "responses", 4 * kLevel)) {
                const int status = std::stoi(response.key.substr(1));
                responses[status] = resolve(response.text, components);
            }
        }
    }
    return operations;
}

}  // namespace darkroom::gateway
