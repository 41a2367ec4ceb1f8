// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <any>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "base/trace_context.h"
#include "http/headers.h"
#include "http/target.h"
#include "runtime/async_event.h"
#include "runtime/task.h"

namespace darkroom::http {

/// A request whose body has arrived whole and within the limits.
struct Request {
    std::string method;
    /// As it was sent.
    std::string target;
    /// The decoded path, its segments and the query.
    Target location;
    /// Values of the placeholders of the route that matched.
    Parameters parameters;
    Headers headers;
    std::string body;
    /// Address of the peer without its port.
    std::string remote_address;
    bool is_loopback = false;
    /// The span that this request is: of the trace that its header traceparent names, else of one
    /// of its own. Answers say it in the header traceresponse.
    TraceContext trace = TraceContext::begin();
    /// It came over TLS.
    bool is_encrypted = false;
    /// What the router's guard found out about the sender; http does not look into it.
    std::any identity;

    /// Fires once if the client closes its side while the handler works or the answer streams. The
    /// server still sends the answer, for a client that only closed its sending half; a handler
    /// whose work serves nobody else waits for this beside its own event (runtime::wait_any). Not
    /// seen behind a pipelined request.
    std::shared_ptr<runtime::AsyncEvent> client_gone = std::make_shared<runtime::AsyncEvent>();
    /// Fires once when the server starts to drain: an endless stream ends itself then.
    std::shared_ptr<runtime::AsyncEvent> draining = std::make_shared<runtime::AsyncEvent>();
};

/// Takes the pieces of a streamed body. Fails with cancelled when the client is gone and with
/// deadline_exceeded when it takes nothing for Limits::write_time; the stream ends then.
class BodyWriter {
  public:
    virtual ~BodyWriter() = default;
    virtual runtime::Task<void> write(std::string bytes) = 0;
};

/// Writes a body of unknown length, piece by piece. An exception from it cuts the connection, so
/// that the client does not take half an answer for a whole one. The function object outlives the
/// coroutine it returns; it is no coroutine lambda itself.
using BodyStream = std::function<boost::asio::awaitable<void>(BodyWriter&)>;

struct Response {
    int status = 200;
    /// Content-Length, Transfer-Encoding, Connection, Date, X-Process-Time and traceresponse are
    /// the server's.
    Headers headers = {};
    std::string body = {};
    /// If set, it is sent instead of `body`, chunked.
    BodyStream stream = {};
    /// The pattern that matched, set by Router: a label of a closed set for metrics.
    std::string route = {};
};

/// Answers a request. An exception becomes 500. The callable is a plain function that returns a
/// coroutine, never a coroutine lambda with captures.
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

/// Stands before every handler: answers itself, or awaits `next` and may add to its answer. `route`
/// is "GET /tasks/{id}", or empty when none matched and `next` says so. A plain function like a
/// Handler.
using Guard = std::function<boost::asio::awaitable<Response>(
    std::string route, Request request, Handler next)>;

/// A Handler from a function that answers at once.
Handler immediate(std::function<Response(const Request&)> function);

Response json_response(int status, std::string body);
Response text_response(int status, std::string body);

/// Why the server or router answers in a handler's place.
struct Problem {
    int status = 500;
    /// For the client.
    std::string message = {};
    /// What a throwing handler's exception says; may hold what strangers should not read.
    std::string cause = {};
    /// Fields the answer must carry: Allow with 405, Retry-After with 503.
    Headers headers = {};
};

/// Gives a Problem the shape that clients of `path` expect. The path is empty when the request was
/// too broken to have one. The server adds Problem::headers itself.
using ErrorRenderer = std::function<Response(const Problem&, std::string_view path)>;

/// {"detail":"<message>"}: what A1111 and FastAPI clients read.
Response render_detail(const Problem& problem, std::string_view path);

/// "Not Found" for 404; "Error" for a status without a phrase.
std::string_view reason_phrase(int status);

/// A JSON string literal, for the few texts that http writes itself.
std::string json_quoted(std::string_view text);

}  // namespace darkroom::http
