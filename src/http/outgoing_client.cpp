// SPDX-License-Identifier: Apache-2.0
#include "http/outgoing_client.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

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
struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

Error bad_url(const char* reason) {
    return Error{ErrorCode::invalid_argument, reason, "url"};
}

Error refused_address(const std::string& address) {
    return Error{
        ErrorCode::permission_denied, "the address may not be connected to: " + address, "url"};
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

bool may_connect(const AddressPolicy& policy, const IpAddress& address, bool is_https) {
    return is_https ? policy.permits(address) : policy.names(address);
}

/// The addresses that a host means in every net; none for one that a name server has to be asked
/// for. libcurl has made 127.0.0.1 of 127.1 and 0x7f.1 by now.
std::vector<std::string> literal_addresses(std::string host) {
    std::ranges::transform(host, host.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (host.ends_with('.')) host.pop_back();
    // RFC 6761.
    if (host == "localhost" || host.ends_with(".localhost")) return {"127.0.0.1", "::1"};
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (IpAddress::parse(host)) return {host};
    return {};
}

/// The address that a host means and that may never be connected to; empty where that cannot be
/// said yet.
std::string hopeless_address(const AddressPolicy& policy, const std::string& host, bool is_https) {
    const std::vector<std::string> addresses = literal_addresses(host);
    const bool is_hopeless =
        !addresses.empty() && std::ranges::none_of(addresses, [&](const std::string& text) {
            return may_connect(policy, IpAddress::parse(text).value(), is_https);
        });
    return is_hopeless ? host : std::string();
}

curl_socket_t open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(self);
    const Result<IpAddress> target = IpAddress::of(address->addr);
    const bool is_allowed = target && may_connect(exchange.policy, *target, exchange.is_https);
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
        return refused_address(exchange.refused);
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

/// The longest that a transfer waits for something to happen; a stop wakes it before.
constexpr int kLongestPollMs = 1'000;

/// Takes part in a transfer for as long as it goes on.
class Joined {
  public:
    Joined(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
        const CURLMcode code = curl_multi_add_handle(multi, easy);
        DARKROOM_CHECK(code == CURLM_OK, "libcurl refuses a transfer: {}", static_cast<int>(code));
    }
    ~Joined() { curl_multi_remove_handle(multi_, easy_); }
    Joined(const Joined&) = delete;
    Joined& operator=(const Joined&) = delete;

  private:
    CURLM* multi_;
    CURL* easy_;
};

/// How the one transfer ended; nothing while it goes on.
std::optional<CURLcode> end_of(CURLM* multi) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
    }
    return std::nullopt;
}

/// Carries a transfer out. Fails with cancelled once the stop is asked for; that takes no longer
/// than waking this thread.
Result<CURLcode> perform(CURL* easy, const std::stop_token& stop) {
    const std::unique_ptr<CURLM, FreeMulti> multi(curl_multi_init());
    if (!multi) return Error{ErrorCode::resource_exhausted, "no memory for a request"};
    const Joined joined(multi.get(), easy);
    const std::stop_callback wake(stop, [&multi] { curl_multi_wakeup(multi.get()); });
    while (!stop.stop_requested()) {
        int running = 0;
        CURLMcode code = curl_multi_perform(multi.get(), &running);
        const std::optional<CURLcode> ended = end_of(multi.get());
        if (ended) return *ended;
        if (code == CURLM_OK) {
            code = curl_multi_poll(multi.get(), nullptr, 0, kLongestPollMs, nullptr);
        }
        if (code != CURLM_OK) return Error{ErrorCode::unavailable, curl_multi_strerror(code)};
    }
    // Does not wait for a name server that does not answer.
    set(easy, CURLOPT_QUICK_EXIT, 1L);
    return Error{ErrorCode::cancelled, "the request was ended"};
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
    const std::string host = part_of(parsed.get(), CURLUPART_HOST).value_or("");
    if (host.empty()) return bad_url("the URL names no host");
    const std::string refused = hopeless_address(policy_, host, scheme == "https");
    if (!refused.empty()) return refused_address(refused);
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

    DARKROOM_TRY_ASSIGN(const CURLcode code, perform(handle, request.stop));
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
    set(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(wanted.total_time.count()));

    DARKROOM_TRY_ASSIGN(const CURLcode code, perform(handle, wanted.stop));
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
