// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "http/message.h"

namespace darkroom::http {

/// Finds the handler for a method and a path. Filled before the server starts, then only read.
///
/// A pattern is a path whose segments are literal, "{name}" (any one segment that is not empty) or,
/// at the end, "{name...}" (all that is left, slashes included, at least one segment that is not
/// empty). Where several match, the one that is literal earliest wins, then "{name}".
///
/// No pattern: 404. Another method: 405 with Allow. HEAD and OPTIONS are methods like any other. A
/// trailing slash that only the path without it would match: 307 to that path.
class Router {
  public:
    explicit Router(ErrorRenderer render = render_detail);
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    /// A malformed pattern, or a method and pattern added twice, throws ContractViolation.
    void add(std::string_view method, std::string_view pattern, Handler handler);

    /// Puts a guard before every route and before the refusals, too.
    void set_guard(Guard guard) { guard_ = std::move(guard); }

    /// Answers a request. The router outlives the coroutine.
    boost::asio::awaitable<Response> handle(Request request) const;

    /// `handle` as a Handler; the router outlives it.
    [[nodiscard]] Handler handler() const;

    /// "GET /tasks/{id}" and the like, in the order they were added.
    [[nodiscard]] std::vector<std::string> routes() const;

  private:
    struct Route;
    struct Match;

    [[nodiscard]] Match find(std::string_view method, const std::vector<std::string>& path) const;
    [[nodiscard]] Response refuse(const Match& match, const Request& request) const;

    ErrorRenderer render_;
    Guard guard_;
    std::vector<Route> routes_;
};

}  // namespace darkroom::http
