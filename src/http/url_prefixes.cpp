// SPDX-License-Identifier: Apache-2.0
#include "http/url_prefixes.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/format.h"

namespace darkroom::http {
namespace {

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
    void operator()(char* text) const { curl_free(text); }
};

/// Without dots in the path, a default port or capitals in scheme and host; nothing for what is
/// malformed, names a user or hides a slash or a dot behind a percent sign.
std::optional<std::string> normal_form(const std::string& url) {
    const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
    if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
        return std::nullopt;
    }
    char* user = nullptr;
    if (curl_url_get(parsed.get(), CURLUPART_USER, &user, 0) == CURLUE_OK) {
        curl_free(user);
        return std::nullopt;
    }
    char* host = nullptr;
    if (curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) return std::nullopt;
    std::string lower = host;
    curl_free(host);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (curl_url_set(parsed.get(), CURLUPART_HOST, lower.c_str(), 0) != CURLUE_OK) {
        return std::nullopt;
    }
    char* text = nullptr;
    if (curl_url_get(parsed.get(), CURLUPART_URL, &text, CURLU_NO_DEFAULT_PORT) != CURLUE_OK) {
        return std::nullopt;
    }
    const std::unique_ptr<char, FreeText> owner(text);
    std::string normal = text;
    for (const char* hidden : {"%2e", "%2E", "%2f", "%2F", "%5c", "%5C", "\\"})
        if (normal.find(hidden) != std::string::npos) return std::nullopt;
    return normal;
}

}  // namespace

Result<UrlPrefixes> UrlPrefixes::parse(const std::vector<std::string>& places) {
    UrlPrefixes prefixes;
    for (const std::string& place : places) {
        std::optional<std::string> normal = normal_form(place);
        const bool is_web =
            normal && (normal->starts_with("https://") || normal->starts_with("http://"));
        if (!is_web || !normal->ends_with('/')) {
            return Error{
                ErrorCode::invalid_argument,
                format(
                    "a place is a URL that ends in a slash, such as https://host/models/: {}",
                    place)};
        }
        prefixes.places_.push_back(*std::move(normal));
    }
    return prefixes;
}

bool UrlPrefixes::permits(const std::string& url) const {
    const std::optional<std::string> normal = normal_form(url);
    return normal && std::ranges::any_of(places_, [&](const std::string& place) {
               return normal->starts_with(place);
           });
}

}  // namespace darkroom::http
