// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/format.h"
#include "http/connection.h"
#include "http/tls_context.h"
#include "runtime/block_on.h"
#include "runtime/io_threads.h"

namespace darkroom::http {
namespace {

using runtime::Deadline;
using runtime::Task;

constexpr std::size_t kReadBytes = 32U << 10;
constexpr std::uint16_t kHttpsPort = 443;

struct Address {
    /// As it stands in the URL, for the Host field.
    std::string authority;
    std::string host;
    std::uint16_t port = 80;
    bool is_https = false;
    std::string target;
};

Error bad_url(std::string_view url) {
    return Error{ErrorCode::invalid_argument, format("not an http URL: {}", url.substr(0, 200))};
}

Result<Address> parse_url(std::string_view url) {
    constexpr std::string_view kHttps = "https://";
    const bool is_https = equal_ignoring_case(url.substr(0, kHttps.size()), kHttps);
    const std::string_view scheme = is_https ? kHttps : "http://";
    const bool clean = std::ranges::all_of(
        url, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
    if (!clean || !equal_ignoring_case(url.substr(0, scheme.size()), scheme)) return bad_url(url);
    const std::string_view rest = url.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    Address address;
    address.is_https = is_https;
    if (is_https) address.port = kHttpsPort;
    address.authority = rest.substr(0, end);
    address.target = rest.substr(end, rest.find('#') - end);
    if (!address.target.starts_with('/')) address.target.insert(0, "/");

    std::string_view host = address.authority;
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
    if (bracket == std::string_view::npos) return bad_url(url);
    const std::size_t colon = host.find(':', bracket);
    if (colon != std::string_view::npos) {
        const std::string_view digits = host.substr(colon + 1);
        const char* last = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), last, address.port);
        if (parsed.ec != std::errc() || parsed.ptr != last || address.port == 0)
            return bad_url(url);
        host = host.substr(0, colon);
    }
    if (bracket > 0) host = host.substr(1, bracket - 1);
    if (host.empty() || host.find('@') != std::string_view::npos) return bad_url(url);
    address.host = host;
    return address;
}

std::string request_head(const ClientRequest& request, const Address& address) {
    std::string head = format(
        "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
        request.method,
        address.target,
        address.authority);
    for (const auto& [name, value] : request.headers)
        head += format("{}: {}\r\n", name, value);
    const bool usual = request.method == "GET" || request.method == "HEAD";
    if (!request.body.empty() || !usual) {
        head += format("Content-Length: {}\r\n", request.body.size());
    }
    return head + "\r\n";
}

Task<ClientResponse> receive(
    std::shared_ptr<Connection> connection, ResponseRules rules, Deadline deadline) {
    ResponseParser parser(rules);
    std::string pending;
    while (!parser.is_complete()) {
        const std::size_t before = pending.size();
        pending.resize(before + kReadBytes);
        const std::span<char> space(pending.data() + before, kReadBytes);
        DARKROOM_CO_TRY_ASSIGN(
            const std::size_t count, co_await connection->read_some(space, deadline));
        pending.resize(before + count);
        if (count == 0) {
            DARKROOM_CO_TRY(parser.finish());
            break;
        }
        DARKROOM_CO_TRY_ASSIGN(const std::size_t used, parser.feed(pending));
        pending.erase(0, used);
    }
    co_return parser.take();
}

/// Connected, and for https sure of whom to.
Task<std::shared_ptr<Connection>> reach(
    Address address, std::filesystem::path authorities, Deadline deadline) {
    std::optional<TlsContext> tls;
    if (address.is_https) {
        DARKROOM_CO_TRY_ASSIGN(tls, TlsContext::of_client(authorities));
    }
    DARKROOM_CO_TRY_ASSIGN(
        const std::shared_ptr<Connection> connection,
        co_await open_connection(address.host, address.port, deadline));
    if (!tls) co_return connection;
    connection->encrypt(tls->connect(address.host));
    DARKROOM_CO_TRY(co_await connection->secure(deadline));
    co_return connection;
}

}  // namespace

Task<ClientResponse> fetch(ClientRequest request, Deadline deadline) {
    DARKROOM_CO_TRY_ASSIGN(const Address address, parse_url(request.url));
    const bool is_method =
        !request.method.empty() &&
        std::ranges::all_of(request.method, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!is_method) co_return Error{ErrorCode::invalid_argument, "malformed HTTP method"};
    DARKROOM_CO_TRY_ASSIGN(
        const std::shared_ptr<Connection> connection,
        co_await reach(address, request.authorities, deadline));
    const std::string head = request_head(request, address);
    Result<void> written = co_await connection->write(head, deadline);
    if (written.has_value()) written = co_await connection->write(request.body, deadline);
    ResponseRules rules;
    rules.body_bytes = request.body_limit;
    rules.is_head = request.method == "HEAD";
    // A server may refuse a request before it has read all of it.
    Result<ClientResponse> response = co_await receive(connection, rules, deadline);
    connection->close();
    if (!response.has_value() && !written.has_value()) co_return written.error();
    co_return response;
}

Result<ClientResponse> fetch_blocking(ClientRequest request, std::chrono::milliseconds timeout) {
    runtime::IoThreads io(1);
    const Deadline deadline = Deadline::after(timeout);
    return runtime::block_on(io.executor(), fetch(std::move(request), deadline));
}

}  // namespace darkroom::http
