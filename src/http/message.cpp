// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <array>
#include <cstdint>
#include <utility>

#include "base/encoding.h"
#include "base/format.h"

namespace darkroom::http {
namespace {

struct Phrase {
    int status;
    std::string_view text;
};

constexpr std::array kPhrases = {
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{206, "Partial Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{307, "Temporary Redirect"},
    Phrase{308, "Permanent Redirect"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{402, "Payment Required"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{416, "Range Not Satisfiable"},
    Phrase{417, "Expectation Failed"},
    Phrase{421, "Misdirected Request"},
    Phrase{422, "Unprocessable Content"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{499, "Client Closed Request"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
    Phrase{507, "Insufficient Storage"},
};

Response typed(int status, std::string_view type, std::string body) {
    Response response;
    response.status = status;
    response.headers.add("Content-Type", type);
    response.body = std::move(body);
    return response;
}

boost::asio::awaitable<Response> at_once(Response response) {
    co_return response;
}

}  // namespace

Handler immediate(std::function<Response(const Request&)> function) {
    return [function = std::move(function)](const Request& request) {
        return at_once(function(request));
    };
}

Response json_response(int status, std::string body) {
    return typed(status, "application/json", std::move(body));
}

Response text_response(int status, std::string body) {
    return typed(status, "text/plain; charset=utf-8", std::move(body));
}

Response render_detail(const Problem& problem, std::string_view /*path*/) {
    return json_response(
        problem.status, format(R"({{"detail":{}}})", json_quoted(problem.message)));
}

std::string_view reason_phrase(int status) {
    for (const Phrase& phrase : kPhrases) {
        if (phrase.status == status) return phrase.text;
    }
    return "Error";
}

std::string json_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : repair_utf8(text)) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += format("\\u{:04x}", static_cast<std::uint32_t>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace darkroom::http
