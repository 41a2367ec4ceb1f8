// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/check.h"
#include "base/format.h"

namespace darkroom::http {
namespace beast = boost::beast;
namespace {

using boost::system::error_code;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

template <class Fields>
Headers copy_headers(const Fields& fields) {
    Headers headers;
    for (const auto& field : fields)
        headers.add(view(field.name_string()), view(field.value()));
    return headers;
}

Problem bad_request(std::string_view what) {
    return Problem{.status = 400, .message = format("malformed HTTP request: {}", what)};
}

Problem problem_from(const error_code& error, const Limits& limits) {
    if (error == beast::http::error::header_limit) {
        return Problem{
            .status = 431,
            .message =
                format("request headers exceed the limit in bytes: {}", limits.header_bytes)};
    }
    if (error == beast::http::error::body_limit) {
        return Problem{
            .status = 413,
            .message = format("request body exceeds the limit in bytes: {}", limits.body_bytes)};
    }
    return bad_request(error.message());
}

/// RFC 9112 6.1-6.3: a length that two readers could understand differently is an attack.
std::optional<Problem> check_framing(const RequestHead& head) {
    const std::string* length = head.headers.find("Content-Length");
    const std::string* coding = head.headers.find("Transfer-Encoding");
    if (head.headers.count("Content-Length") > 1 ||
        (length != nullptr && length->find(',') != std::string::npos)) {
        return bad_request("more than one Content-Length");
    }
    if (coding == nullptr) return std::nullopt;
    if (length != nullptr) return bad_request("Content-Length beside Transfer-Encoding");
    if (head.is_http10) return bad_request("Transfer-Encoding in HTTP/1.0");
    if (head.headers.count("Transfer-Encoding") > 1 || !equal_ignoring_case(*coding, "chunked")) {
        return Problem{.status = 501, .message = "the only Transfer-Encoding supported is chunked"};
    }
    return std::nullopt;
}

std::optional<Problem> check_head(const RequestHead& head) {
    if (auto problem = check_framing(head)) return problem;
    const std::size_t hosts = head.headers.count("Host");
    if (hosts > 1 || (hosts == 0 && !head.is_http10)) {
        return bad_request("exactly one Host field is needed");
    }
    if (hosts == 1 && head.headers.get("Host").empty()) return bad_request("empty Host field");
    const std::string_view encoding = head.headers.get("Content-Encoding");
    if (!encoding.empty() && !equal_ignoring_case(encoding, "identity")) {
        return Problem{.status = 415, .message = "compressed request bodies are not accepted"};
    }
    const std::string* expectation = head.headers.find("Expect");
    if (expectation != nullptr && !equal_ignoring_case(*expectation, "100-continue")) {
        return Problem{.status = 417, .message = "the only expectation supported is 100-continue"};
    }
    return std::nullopt;
}

}  // namespace

struct RequestParser::State {
    explicit State(const Limits& used) : limits(used) {
        parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
        parser.body_limit(limits.body_bytes);
    }

    Limits limits;
    beast::http::request_parser<beast::http::string_body> parser;
    bool head_seen = false;
    RequestHead head;
    std::optional<Problem> problem;
};

RequestParser::RequestParser(const Limits& limits) : state_(std::make_unique<State>(limits)) {}

RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (!is_complete() && !state_->problem && used < bytes.size()) {
        const boost::asio::const_buffer rest(bytes.data() + used, bytes.size() - used);
        error_code error;
        used += state_->parser.put(rest, error);
        const bool starving = error == beast::http::error::need_more;
        if (starving) error = {};
        if (!state_->head_seen && state_->parser.is_header_done()) {
            read_head();
            if (error && !state_->problem) state_->problem = problem_from(error, state_->limits);
            return used;
        }
        if (error) state_->problem = problem_from(error, state_->limits);
        if (!starving) continue;
        if (bytes.size() - used > state_->limits.header_bytes) {
            state_->problem = bad_request("chunk header or trailer too long");
        }
        break;
    }
    return used;
}

void RequestParser::read_head() {
    const auto& message = state_->parser.get();
    RequestHead& head = state_->head;
    head.method = view(message.method_string());
    head.target = view(message.target());
    head.is_http10 = message.version() == 10;
    head.keep_alive = state_->parser.keep_alive();
    head.headers = copy_headers(message);
    state_->head_seen = true;
    state_->parser.eager(true);
    state_->problem = check_head(head);
    head.expects_continue = !head.is_http10 && head.headers.count("Expect") == 1;
}

bool RequestParser::has_head() const {
    return state_->head_seen;
}

bool RequestParser::is_complete() const {
    return state_->head_seen && state_->parser.is_done();
}

const std::optional<Problem>& RequestParser::problem() const {
    return state_->problem;
}

const RequestHead& RequestParser::head() const {
    DARKROOM_CHECK(state_->head_seen, "no request head yet");
    return state_->head;
}

std::size_t RequestParser::body_bytes() const {
    return state_->parser.get().body().size();
}

std::string RequestParser::take_body() {
    return std::move(state_->parser.get().body());
}

struct ResponseParser::State {
    explicit State(const ResponseRules& rules) {
        parser.header_limit(Limits().header_bytes);
        parser.body_limit(rules.body_bytes);
        parser.eager(true);
        parser.skip(rules.is_head);
    }

    [[nodiscard]] bool is_interim() const {
        return parser.is_done() && parser.get().result_int() < 200;
    }

    beast::http::response_parser<beast::http::string_body> parser;
};

ResponseParser::ResponseParser(const ResponseRules& rules)
    : rules_(rules), state_(std::make_unique<State>(rules)) {}

ResponseParser::~ResponseParser() = default;

Result<std::size_t> ResponseParser::feed(std::string_view bytes) {
    std::size_t used = 0;
    while (!is_complete() && used < bytes.size()) {
        const boost::asio::const_buffer rest(bytes.data() + used, bytes.size() - used);
        error_code error;
        used += state_->parser.put(rest, error);
        if (error == beast::http::error::need_more) {
            if (bytes.size() - used <= Limits().header_bytes) break;
            error = beast::http::error::header_limit;
        }
        if (error == beast::http::error::body_limit) {
            return Error{
                ErrorCode::payload_too_large,
                format("response body exceeds the limit in bytes: {}", rules_.body_bytes)};
        }
        if (error) {
            return Error{
                ErrorCode::bad_upstream, format("malformed HTTP response: {}", error.message())};
        }
        if (state_->is_interim()) state_ = std::make_unique<State>(rules_);
    }
    return used;
}

Result<void> ResponseParser::finish() {
    if (is_complete()) return {};
    error_code error;
    if (state_->parser.is_header_done()) state_->parser.put_eof(error);
    if (!error && is_complete()) return {};
    return Error{
        ErrorCode::bad_upstream, "the server closed the connection before it had answered"};
}

bool ResponseParser::is_complete() const {
    return state_->parser.is_done() && !state_->is_interim();
}

ClientResponse ResponseParser::take() {
    DARKROOM_CHECK(is_complete(), "no whole response yet");
    auto& message = state_->parser.get();
    ClientResponse response;
    response.status = static_cast<int>(message.result_int());
    response.headers = copy_headers(message);
    response.body = std::move(message.body());
    return response;
}

}  // namespace darkroom::http
