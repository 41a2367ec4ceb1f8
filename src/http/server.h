// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/result.h"
#include "http/host_policy.h"
#include "http/limits.h"
#include "http/message.h"
#include "runtime/deadline.h"
#include "runtime/task.h"

namespace darkroom::http {

class TlsContext;

/// One answered request, for metrics and the access log.
struct Exchange {
    std::string method;
    std::string path;
    /// The pattern that matched, or empty.
    std::string route;
    std::string remote_address;
    int status = 0;
    /// From the end of the request's headers to the first byte of the answer.
    double seconds = 0;
};

struct ServerOptions {
    /// An IP address, or "localhost" for 127.0.0.1. "0.0.0.0" and "::" are all interfaces.
    std::string address = "127.0.0.1";
    /// 0 takes a free one.
    std::uint16_t port = 0;
    Limits limits = {};
    HostPolicy hosts = {};
    ErrorRenderer render = render_detail;
    /// Called after each answer, on an io thread.
    std::function<void(const Exchange&)> observe = {};
    /// The server speaks TLS with this, and nothing else; plain HTTP without.
    std::shared_ptr<const TlsContext> tls = {};
};

/// An HTTP/1.1 server. Every request that is complete, within the limits and meant for this host
/// reaches the handler; the rest is refused. It checks no credentials and may be bound anywhere:
/// who may call is the handler's affair.
///
/// A trace that the header traceparent names is continued, another header is ignored; answers say
/// the span that the request was in traceresponse. They carry X-Process-Time; text and JSON of 1
/// KiB and more are compressed for clients that accept gzip. There are no CORS headers. All
/// operations are thread-safe.
class Server {
  public:
    /// Binds and starts to accept. `executor` comes from an IoThreads that outlives the server.
    /// Fails with conflict when the port is in use, permission_denied, or invalid_argument for an
    /// address that is malformed or not of this machine.
    static Result<std::unique_ptr<Server>> start(
        boost::asio::any_io_executor executor, ServerOptions options, Handler handler);

    /// stop(), then waits. Not on an io thread.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    /// "http://127.0.0.1:7860", or with https.
    [[nodiscard]] std::string url() const;
    /// Connections open now.
    [[nodiscard]] std::size_t connections() const;

    /// Accepts no more, closes idle connections and waits for running requests. At the deadline the
    /// rest is cut, and drain fails with deadline_exceeded once that is done.
    runtime::Task<void> drain(runtime::Deadline deadline);

    /// Closes every connection and cancels the handlers at once.
    void stop();

  private:
    struct State;
    explicit Server(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace darkroom::http
