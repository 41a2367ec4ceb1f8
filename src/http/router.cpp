// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "base/format.h"

namespace darkroom::http {
namespace {

/// In order of precedence.
enum class Kind { literal, one, rest };

struct Segment {
    Kind kind = Kind::literal;
    /// The literal, or the placeholder's name.
    std::string text;
};

Segment parse_segment(std::string_view text) {
    if (!text.starts_with('{')) return Segment{Kind::literal, std::string(text)};
    DARKROOM_CHECK(text.ends_with('}') && text.size() > 2, "route placeholder: {}", text);
    const std::string_view name = text.substr(1, text.size() - 2);
    if (!name.ends_with("...")) return Segment{Kind::one, std::string(name)};
    return Segment{Kind::rest, std::string(name.substr(0, name.size() - 3))};
}

std::vector<Segment> parse_pattern(std::string_view pattern) {
    DARKROOM_CHECK(pattern.starts_with('/'), "route pattern: {}", pattern);
    std::vector<Segment> segments;
    for (std::size_t begin = 1; begin < pattern.size();) {
        const std::size_t end = std::min(pattern.find('/', begin), pattern.size());
        DARKROOM_CHECK(
            segments.empty() || segments.back().kind != Kind::rest, "route pattern: {}", pattern);
        segments.push_back(parse_segment(pattern.substr(begin, end - begin)));
        begin = end + 1;
    }
    return segments;
}

bool matches(const std::vector<Segment>& pattern, const std::vector<std::string>& path) {
    const bool has_rest = !pattern.empty() && pattern.back().kind == Kind::rest;
    if (has_rest ? path.size() < pattern.size() : path.size() != pattern.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const bool fits =
            pattern[i].kind == Kind::literal ? pattern[i].text == path[i] : !path[i].empty();
        if (!fits) return false;
    }
    return true;
}

bool precedes(const std::vector<Segment>& a, const std::vector<Segment>& b) {
    return std::ranges::lexicographical_compare(
        a, b, [](const Segment& x, const Segment& y) { return x.kind < y.kind; });
}

Parameters placeholder_values(
    const std::vector<Segment>& pattern, const std::vector<std::string>& path) {
    Parameters parameters;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i].kind == Kind::literal) continue;
        std::string value = path[i];
        if (pattern[i].kind == Kind::rest) {
            for (std::size_t j = i + 1; j < path.size(); ++j)
                value += '/' + path[j];
        }
        parameters.add(pattern[i].text, std::move(value));
    }
    return parameters;
}

}  // namespace

struct Router::Route {
    std::string method;
    std::string pattern;
    std::vector<Segment> segments;
    Handler handler;
};

struct Router::Match {
    const Route* route = nullptr;
    /// Methods of the patterns that match, for 405.
    std::vector<std::string> methods;
    bool without_slash = false;
};

Router::Router(ErrorRenderer render) : render_(std::move(render)) {}

Router::~Router() = default;

Router::Router(Router&&) noexcept = default;

Router& Router::operator=(Router&&) noexcept = default;

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
    const bool known = std::ranges::any_of(
        routes_, [&](const Route& r) { return r.method == method && r.pattern == pattern; });
    DARKROOM_CHECK(!known, "route added twice: {} {}", method, pattern);
    Route route;
    route.method = method;
    route.pattern = pattern;
    route.segments = parse_pattern(pattern);
    route.handler = std::move(handler);
    routes_.push_back(std::move(route));
}

Router::Match Router::find(std::string_view method, const std::vector<std::string>& path) const {
    Match match;
    for (const Route& route : routes_) {
        if (!matches(route.segments, path)) continue;
        if (std::ranges::find(match.methods, route.method) == match.methods.end()) {
            match.methods.push_back(route.method);
        }
        if (route.method != method) continue;
        if (match.route == nullptr || precedes(route.segments, match.route->segments)) {
            match.route = &route;
        }
    }
    if (match.methods.empty() && path.size() > 1 && path.back().empty()) {
        const std::vector<std::string> shorter(path.begin(), path.end() - 1);
        // A redirect must stay on this server: "//host/" has an empty first segment.
        match.without_slash = std::ranges::find(shorter, "") == shorter.end() &&
                              std::ranges::any_of(routes_, [&](const Route& route) {
                                  return matches(route.segments, shorter);
                              });
    }
    return match;
}

Response Router::refuse(const Match& match, const Request& request) const {
    if (match.without_slash) {
        const std::string& raw = request.location.raw_path;
        Response response;
        response.status = 307;
        response.headers.add(
            "Location", raw.substr(0, raw.size() - 1) + request.location.raw_query);
        return response;
    }
    Problem problem;
    problem.status = match.methods.empty() ? 404 : 405;
    problem.message = reason_phrase(problem.status);
    if (!match.methods.empty()) {
        std::string allow;
        for (const std::string& method : match.methods) {
            if (!allow.empty()) allow += ", ";
            allow += method;
        }
        problem.headers.add("Allow", allow);
    }
    Response response = render_(problem, request.location.path);
    for (const auto& [name, value] : problem.headers)
        response.headers.set(name, value);
    return response;
}

boost::asio::awaitable<Response> Router::handle(Request request) const {
    const Match match = find(request.method, request.location.segments);
    Handler next = immediate([this, match](const Request& r) { return refuse(match, r); });
    std::string pattern;
    std::string name;
    if (match.route != nullptr) {
        const Route& route = *match.route;
        request.parameters = placeholder_values(route.segments, request.location.segments);
        next = route.handler;
        pattern = route.pattern;
        name = format("{} {}", route.method, route.pattern);
    }
    Response response;
    if (guard_) {
        response = co_await guard_(std::move(name), std::move(request), std::move(next));
    } else {
        response = co_await next(std::move(request));
    }
    response.route = pattern;
    co_return response;
}

Handler Router::handler() const {
    return [this](Request request) { return handle(std::move(request)); };
}

std::vector<std::string> Router::routes() const {
    std::vector<std::string> names;
    for (const Route& route : routes_)
        names.push_back(format("{} {}", route.method, route.pattern));
    return names;
}

}  // namespace darkroom::http
