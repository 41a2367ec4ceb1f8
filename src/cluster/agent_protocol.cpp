// SPDX-License-Identifier: Apache-2.0
#include "cluster/agent_protocol.h"

#include <cstring>

#include "base/check.h"
#include "json/json.h"

namespace darkroom::cluster {
namespace {

using json::Object;
using json::Value;

Error corrupt(const std::string& what) {
    return Error{ErrorCode::corrupt_input, "agent protocol: " + what};
}

/// Reads members of the expected type; remembers the first that does not fit.
class Reader {
  public:
    explicit Reader(const Value& value) : value_(value) {}

    std::string text(const char* key) {
        const Value* found = value_.find(key);
        if (found != nullptr && found->is_string()) return found->as_string();
        return miss<std::string>(key);
    }
    std::int64_t integer(const char* key) {
        const Value* found = value_.find(key);
        if (found != nullptr && found->is_integer()) return found->as_integer();
        return miss<std::int64_t>(key);
    }
    double number(const char* key) {
        const Value* found = value_.find(key);
        if (found != nullptr && found->is_number()) return found->as_double();
        return miss<double>(key);
    }
    bool flag(const char* key) {
        const Value* found = value_.find(key);
        if (found != nullptr && found->is_bool()) return found->as_bool();
        return miss<bool>(key);
    }
    const json::Array& list(const char* key) {
        static const json::Array kNone;
        const Value* found = value_.find(key);
        if (found != nullptr && found->is_array()) return found->as_array();
        failed_ = key;
        return kNone;
    }
    AttemptId attempt() { return {text("task"), integer("attempt")}; }
    std::vector<AttemptId> attempts(const char* key) {
        std::vector<AttemptId> ids;
        for (const Value& item : list(key)) {
            Reader reader(item);
            ids.push_back(reader.attempt());
            if (!reader.failed_.empty()) failed_ = key;
        }
        return ids;
    }
    std::optional<TraceContext> trace(const char* key) {
        const Result<std::optional<TraceContext>> found = parse_optional_trace(text(key));
        if (found) return *found;
        return miss<std::optional<TraceContext>>(key);
    }
    std::vector<std::uint64_t> sizes(const char* key) {
        std::vector<std::uint64_t> sizes;
        for (const Value& item : list(key)) {
            if (!item.is_integer() || item.as_integer() < 0) {
                failed_ = key;
                break;
            }
            sizes.push_back(static_cast<std::uint64_t>(item.as_integer()));
        }
        return sizes;
    }

    /// The message, or which member did not fit.
    Result<Message> finish(Message message) const {
        if (!failed_.empty()) return corrupt("bad member " + failed_);
        return message;
    }

  private:
    template <class T>
    T miss(const char* key) {
        failed_ = key;
        return T{};
    }

    const Value& value_;
    std::string failed_;
};

Object attempt_object(const AttemptId& id) {
    return Object{{"task", id.task}, {"attempt", id.attempt}};
}

json::Array attempt_list(const std::vector<AttemptId>& ids) {
    json::Array list;
    for (const AttemptId& id : ids)
        list.emplace_back(attempt_object(id));
    return list;
}

Object with_attempt(const char* type, const AttemptId& id) {
    return Object{{"type", type}, {"task", id.task}, {"attempt", id.attempt}};
}

Object header_of(const Hello& m) {
    return Object{{"type", "hello"}, {"pid", m.pid}, {"engine", m.engine}, {"note", m.note}};
}

Object header_of(const Claim& m) {
    return Object{{"type", "claim"}, {"capacity", m.capacity}, {"model", m.model}};
}

Object header_of(const Progress& m) {
    Object object = with_attempt("progress", m.id);
    object.append("phase", m.phase);
    object.append("loaded", m.loaded);
    object.append("finished_steps", m.finished_steps);
    object.append("total_steps", m.total_steps);
    object.append("finished_pictures", m.finished_pictures);
    object.append("pictures", m.pictures);
    return object;
}

json::Array size_list(const std::vector<std::uint64_t>& sizes) {
    json::Array list;
    for (const std::uint64_t size : sizes)
        list.emplace_back(size);
    return list;
}

Object header_of(const Done& m) {
    Object object = with_attempt("done", m.id);
    object.append("result", m.result);
    object.append("image_bytes", size_list(m.image_bytes));
    return object;
}

Object header_of(const Failed& m) {
    Object object = with_attempt("failed", m.id);
    object.append("code", to_string(m.error.code));
    object.append("message", m.error.message);
    object.append("field", m.error.field);
    object.append("retryable", m.is_retryable);
    return object;
}

Object header_of(const EngineReport& m) {
    return Object{{"type", "report"}, {"work", m.work}, {"width", m.width}, {"seconds", m.seconds}};
}

Object header_of(const Resident& m) {
    return Object{
        {"type", "resident"}, {"model", m.model}, {"loaded", m.loaded}, {"failure", m.failure}};
}

Object header_of(const AgentHeartbeat& m) {
    return Object{{"type", "heartbeat"}, {"held", attempt_list(m.held)}};
}

Object header_of(const Assignment& m) {
    Object object = with_attempt("assignment", m.id);
    object.append("model", m.model);
    object.append("path", m.path);
    object.append("sha256", m.sha256);
    object.append("identity", m.identity);
    object.append("request", m.request);
    object.append("kind", m.kind);
    object.append("traceparent", traceparent_of(m.trace));
    object.append("input_bytes", size_list(m.input_bytes));
    return object;
}

Object header_of(const Load& m) {
    return Object{
        {"type", "load"},
        {"model", m.model},
        {"path", m.path},
        {"sha256", m.sha256},
        {"identity", m.identity}};
}

Object header_of(const Prefetch& m) {
    return Object{{"type", "prefetch"}, {"path", m.path}, {"sha256", m.sha256}};
}

Object header_of(const Threads& m) {
    return Object{{"type", "threads"}, {"count", m.count}};
}

Object header_of(const Interrupt& m) {
    return with_attempt("interrupt", m.id);
}

Object header_of(const Drop& m) {
    return Object{{"type", "drop"}, {"ids", attempt_list(m.ids)}};
}

Object header_of(const Drain& /*message*/) {
    return Object{{"type", "drain"}};
}

bool holds_exactly(std::span<const std::byte> payload, const std::vector<std::uint64_t>& lengths) {
    std::uint64_t rest = payload.size();
    for (const std::uint64_t length : lengths) {
        if (length > rest) return false;
        rest -= length;
    }
    return rest == 0;
}

Result<Message> read_done(Reader& reader, std::vector<std::byte> payload) {
    Done message{reader.attempt(), reader.text("result"), reader.sizes("image_bytes"), {}};
    if (!holds_exactly(payload, message.image_bytes)) {
        return corrupt("the payload does not hold its images");
    }
    message.images = std::move(payload);
    return reader.finish(std::move(message));
}

Result<Message> read_assignment(Reader& reader, std::vector<std::byte> payload) {
    Assignment message{
        reader.attempt(),
        reader.text("model"),
        reader.text("path"),
        reader.text("sha256"),
        reader.text("identity"),
        reader.text("request"),
        reader.sizes("input_bytes"),
        {},
        reader.text("kind"),
        reader.trace("traceparent")};
    if (!holds_exactly(payload, message.input_bytes)) {
        return corrupt("the payload does not hold its inputs");
    }
    message.inputs = std::move(payload);
    return reader.finish(std::move(message));
}

Result<Message> read_agent_message(
    const std::string& type, Reader& reader, std::vector<std::byte> payload) {
    if (type == "hello") {
        return reader.finish(
            Hello{reader.integer("pid"), reader.text("engine"), reader.text("note")});
    }
    if (type == "claim") {
        return reader.finish(Claim{reader.integer("capacity"), reader.text("model")});
    }
    if (type == "progress") {
        return reader.finish(Progress{
            reader.attempt(),
            reader.text("phase"),
            reader.number("loaded"),
            reader.integer("finished_steps"),
            reader.integer("total_steps"),
            reader.integer("finished_pictures"),
            reader.integer("pictures")});
    }
    if (type == "done") return read_done(reader, std::move(payload));
    if (type == "failed") {
        const Error error{
            error_code_from(reader.text("code")), reader.text("message"), reader.text("field")};
        return reader.finish(Failed{reader.attempt(), error, reader.flag("retryable")});
    }
    if (type == "report") {
        return reader.finish(
            EngineReport{reader.text("work"), reader.integer("width"), reader.number("seconds")});
    }
    if (type == "resident") {
        return reader.finish(
            Resident{reader.text("model"), reader.number("loaded"), reader.text("failure")});
    }
    if (type == "heartbeat") return reader.finish(AgentHeartbeat{reader.attempts("held")});
    return corrupt("unknown message " + type.substr(0, 20));
}

}  // namespace

std::vector<std::byte> encode(const Message& message) {
    const std::string header =
        json::dump(std::visit([](const auto& m) { return Value(header_of(m)); }, message));
    std::span<const std::byte> payload;
    if (const auto* done = std::get_if<Done>(&message)) payload = done->images;
    if (const auto* assignment = std::get_if<Assignment>(&message)) payload = assignment->inputs;
    DARKROOM_CHECK(
        header.size() <= kMaxFrameHeaderBytes && payload.size() <= kMaxFramePayloadBytes,
        "a message of {} bytes is too long",
        header.size() + payload.size());
    const std::uint32_t lengths[2] = {
        static_cast<std::uint32_t>(header.size()), static_cast<std::uint32_t>(payload.size())};
    std::vector<std::byte> frame(kFramePrefixBytes + header.size() + payload.size());
    std::memcpy(frame.data(), lengths, kFramePrefixBytes);
    std::memcpy(frame.data() + kFramePrefixBytes, header.data(), header.size());
    if (!payload.empty()) {
        std::memcpy(
            frame.data() + kFramePrefixBytes + header.size(), payload.data(), payload.size());
    }
    return frame;
}

std::vector<std::span<const std::byte>> split_payload(
    std::span<const std::byte> payload, const std::vector<std::uint64_t>& lengths) {
    DARKROOM_CHECK(holds_exactly(payload, lengths), "{} bytes of payload", payload.size());
    std::vector<std::span<const std::byte>> files;
    for (const std::uint64_t length : lengths) {
        files.push_back(payload.first(static_cast<std::size_t>(length)));
        payload = payload.subspan(static_cast<std::size_t>(length));
    }
    return files;
}

Result<FrameLengths> parse_prefix(std::span<const std::byte> prefix) {
    DARKROOM_CHECK(prefix.size() == kFramePrefixBytes, "a prefix of {} bytes", prefix.size());
    std::uint32_t lengths[2] = {};
    std::memcpy(lengths, prefix.data(), kFramePrefixBytes);
    if (lengths[0] > kMaxFrameHeaderBytes || lengths[1] > kMaxFramePayloadBytes) {
        return corrupt("a frame is too long");
    }
    return FrameLengths{lengths[0], lengths[1]};
}

Result<Message> decode(std::string_view header, std::vector<std::byte> payload) {
    const auto parsed = json::parse(header);
    if (!parsed) return corrupt(parsed.error().message);
    Reader reader(*parsed);
    const std::string type = reader.text("type");
    if (type == "assignment") return read_assignment(reader, std::move(payload));
    if (type == "load") {
        return reader.finish(Load{
            reader.text("model"),
            reader.text("path"),
            reader.text("sha256"),
            reader.text("identity")});
    }
    if (type == "prefetch") {
        return reader.finish(Prefetch{reader.text("path"), reader.text("sha256")});
    }
    if (type == "threads") return reader.finish(Threads{reader.integer("count")});
    if (type == "interrupt") return reader.finish(Interrupt{reader.attempt()});
    if (type == "drop") return reader.finish(Drop{reader.attempts("ids")});
    if (type == "drain") return reader.finish(Drain{});
    return read_agent_message(type, reader, std::move(payload));
}

}  // namespace darkroom::cluster
