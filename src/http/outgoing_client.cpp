// SPDX-License-Identifier: Apache-2.0
#include "http/outgoing_client.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

#include "base/check.h"
#include "base/format.h"

namespace darkroom::http {
namespace {

constexpr std::size_t kLongestUrl = 2'048;
/// Ports below this are services of machines; only those of the web are sent to.
constexpr int kFirstFreePort = 1'024;
constexpr std::string_view kHttps = "https:";
constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr int kOk = 200;
constexpr long kSlowestBytesPerSecond = 1'024;
constexpr long kSlowSeconds = 60;

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
    void operator()(char* text) const { curl_free(text); }
};
struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

Error bad_url(const char* reason) {
    return Error{ErrorCode::invalid_argument, reason, "url"};
}

/// A part of a URL; nothing when it has none.
std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return std::nullopt;
    const std::unique_ptr<char, FreeText> owner(text);
    return std::string(text);
}

bool is_web_port(const std::string& text) {
    int port = 0;
    std::from_chars(text.data(), text.data() + text.size(), port);
    return port == kHttpPort || port == kHttpsPort || port >= kFirstFreePort;
}

/// One request on its way; what the callbacks work with.
struct Exchange {
    const AddressPolicy& policy;
    /// Of the headers.
    std::size_t limit = 0;
    bool is_https = true;
    /// Takes a piece of the body; false ends the exchange.
    std::function<bool(std::string_view)> take = {};
    std::size_t header_bytes = 0;
    bool is_too_large = false;
    /// The address that was refused.
    std::string refused = {};
};

curl_socket_t open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(self);
    const Result<IpAddress> target = IpAddress::of(address->addr);
    const bool is_allowed = target && (exchange.is_https ? exchange.policy.permits(*target)
                                                         : exchange.policy.names(*target));
    if (!is_allowed) {
        exchange.refused = target ? target->text() : "not an IP address";
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t take_body(const char* bytes, std::size_t one, std::size_t count, void* self) {
    const auto& exchange = *static_cast<Exchange*>(self);
    const std::size_t size = one * count;
    return exchange.take(std::string_view(bytes, size)) ? size : 0;
}

std::size_t take_header(const char* /*bytes*/, std::size_t one, std::size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    const std::size_t size = one * count;
    exchange.is_too_large = size > exchange.limit - exchange.header_bytes;
    if (exchange.is_too_large) return 0;
    exchange.header_bytes += size;
    return size;
}

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy, option, value);
    DARKROOM_CHECK(code == CURLE_OK, "libcurl refuses option {}", static_cast<int>(option));
}

Error failure_of(CURLcode code, const Exchange& exchange) {
    if (!exchange.refused.empty()) {
        return Error{
            ErrorCode::permission_denied,
            "the address may not be connected to: " + exchange.refused};
    }
    if (exchange.is_too_large) {
        return Error{ErrorCode::payload_too_large, "the answer is too large"};
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return Error{ErrorCode::deadline_exceeded, "no answer in time"};
    }
    return Error{ErrorCode::unavailable, curl_easy_strerror(code)};
}

/// What every request has in common.
void prepare(CURL* handle, Exchange& exchange, const std::string& url) {
    set(handle, CURLOPT_URL, url.c_str());
    set(handle, CURLOPT_PROTOCOLS_STR, exchange.is_https ? "https" : "http");
    set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(handle, CURLOPT_FOLLOWLOCATION, 0L);
    set(handle, CURLOPT_PROXY, "");
    set(handle, CURLOPT_NOSIGNAL, 1L);
    set(handle, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(handle, CURLOPT_OPENSOCKETDATA, &exchange);
    set(handle, CURLOPT_WRITEFUNCTION, &take_body);
    set(handle, CURLOPT_WRITEDATA, &exchange);
    set(handle, CURLOPT_HEADERFUNCTION, &take_header);
    set(handle, CURLOPT_HEADERDATA, &exchange);
    set(handle, CURLOPT_USERAGENT, "darkroom");
}

bool is_https(std::string_view url) {
    return equal_ignoring_case(url.substr(0, kHttps.size()), kHttps);
}

int status_of(CURL* handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
}

std::unique_ptr<curl_slist, FreeList> header_list(const Headers& headers) {
    // An empty Expect: the body is sent at once.
    std::unique_ptr<curl_slist, FreeList> list(curl_slist_append(nullptr, "Expect:"));
    for (const auto& [name, value] : headers) {
        curl_slist* longer = curl_slist_append(list.get(), format("{}: {}", name, value).c_str());
        DARKROOM_CHECK(longer != nullptr, "no memory for a header");
        static_cast<void>(list.release());
        list.reset(longer);
    }
    return list;
}

}  // namespace

Result<void> OutgoingClient::check(const std::string& url) const {
    if (url.size() > kLongestUrl) return bad_url("the URL is longer than 2048 bytes");
    const bool is_plain = std::ranges::all_of(url, [](char c) { return c > ' ' && c < 0x7F; });
    if (!is_plain) return bad_url("the URL may hold only printable ASCII");
    const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
    DARKROOM_CHECK(parsed != nullptr, "no memory for a URL");
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
        return bad_url("the URL is malformed");
    }
    const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME).value_or("");
    if (scheme != "https" && (scheme != "http" || !policy_.names_any())) {
        return bad_url("the URL must begin with https://");
    }
    if (part_of(parsed.get(), CURLUPART_USER) || part_of(parsed.get(), CURLUPART_PASSWORD)) {
        return bad_url("the URL may not hold a user or a password");
    }
    if (part_of(parsed.get(), CURLUPART_HOST).value_or("").empty()) {
        return bad_url("the URL names no host");
    }
    const auto port = part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    if (!port || !is_web_port(*port)) return bad_url("the URL names a port that is not of the web");
    return {};
}

Result<OutgoingAnswer> OutgoingClient::post(const OutgoingRequest& request) const {
    DARKROOM_TRY(check(request.url));
    const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
    if (!easy) return Error{ErrorCode::resource_exhausted, "no memory for a request"};
    OutgoingAnswer answer;
    Exchange exchange{policy_, limits_.answer_bytes, is_https(request.url)};
    exchange.take = [&](std::string_view piece) {
        exchange.is_too_large = piece.size() > limits_.answer_bytes - answer.body.size();
        if (!exchange.is_too_large) answer.body.append(piece);
        return !exchange.is_too_large;
    };
    const auto headers = header_list(request.headers);
    CURL* handle = easy.get();
    prepare(handle, exchange, request.url);
    set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect_time.count()));
    set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limits_.total_time.count()));
    set(handle, CURLOPT_HTTPHEADER, headers.get());
    set(handle, CURLOPT_POSTFIELDS, request.body.c_str());
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));

    const CURLcode code = curl_easy_perform(handle);
    if (code != CURLE_OK) return failure_of(code, exchange);
    answer.status = status_of(handle);
    return answer;
}

Result<std::string> OutgoingClient::download(const Download& wanted) const {
    DARKROOM_TRY(check(wanted.url));
    const std::unique_ptr<CURL, FreeEasy> easy(curl_easy_init());
    if (!easy) return Error{ErrorCode::resource_exhausted, "no memory for a request"};
    CURL* handle = easy.get();
    Exchange exchange{policy_, limits_.answer_bytes, is_https(wanted.url)};
    std::uint64_t taken = 0;
    bool is_stopped = false;
    exchange.take = [&](std::string_view piece) {
        if (status_of(handle) != kOk) return true;
        curl_off_t announced = 0;
        curl_easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        const std::uint64_t total = announced > 0 ? static_cast<std::uint64_t>(announced) : 0;
        taken += piece.size();
        exchange.is_too_large = std::max(taken, total) > wanted.max_bytes;
        if (exchange.is_too_large) return false;
        is_stopped = !wanted.take(piece, total);
        return !is_stopped;
    };
    prepare(handle, exchange, wanted.url);
    set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect_time.count()));
    set(handle, CURLOPT_LOW_SPEED_LIMIT, kSlowestBytesPerSecond);
    set(handle, CURLOPT_LOW_SPEED_TIME, kSlowSeconds);

    const CURLcode code = curl_easy_perform(handle);
    if (is_stopped) return Error{ErrorCode::cancelled, "the download was ended"};
    if (code != CURLE_OK) return failure_of(code, exchange);
    const int status = status_of(handle);
    if (status == kOk) return std::string();
    const char* place = nullptr;
    curl_easy_getinfo(handle, CURLINFO_REDIRECT_URL, &place);
    if (place != nullptr) return std::string(place);
    return Error{
        ErrorCode::bad_upstream,
        format("the other server has not the file; its status is: {}", status)};
}

}  // namespace darkroom::http
