// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/result.h"
#include "base/trace_context.h"

/// What control and an agent say to each other over their socket. A frame is two little-endian u32
/// lengths, a JSON header and a binary payload. docs/formats/agent-protocol.md describes it.
namespace darkroom::cluster {

/// Names one attempt at one task.
struct AttemptId {
    std::string task;
    std::int64_t attempt = 0;

    bool operator==(const AttemptId&) const = default;
};

// Agent to control

/// First message of an agent.
struct Hello {
    std::int64_t pid = 0;
    /// Backend fingerprint, "cpu/avx512/bf16/kernels-1".
    std::string engine;
    /// What a person should know of it, such as a CPU without bf16; may be empty.
    std::string note;
};

/// "Give me up to `capacity` tasks": replaces what it asked for before.
struct Claim {
    std::int64_t capacity = 0;
    /// Only tasks for this checkpoint, which is loaded and busy; any when empty.
    std::string model;
};

struct Progress {
    AttemptId id;
    /// "loading", "sampling", "decoding" or "upscaling".
    std::string phase;
    /// Share of the checkpoint that is loaded, in phase "loading".
    double loaded = 0;
    std::int64_t finished_steps = 0;
    std::int64_t total_steps = 0;
    std::int64_t finished_pictures = 0;
    std::int64_t pictures = 0;
};

/// A finished task; the frame's payload holds the PNG files one after the other.
struct Done {
    AttemptId id;
    /// JSON text: infotexts, seeds, receipt.
    std::string result;
    std::vector<std::uint64_t> image_bytes;
    std::vector<std::byte> images;
};

struct Failed {
    AttemptId id;
    Error error;
    bool is_retryable = false;
};

/// What the engine did since the last report, for metrics.
struct EngineReport {
    /// "encode", "encode-image", "unet", "decode" or "load".
    std::string work;
    std::int64_t width = 0;
    double seconds = 0;
};

/// The checkpoint that the agent has, or is loading while `loaded` is below 1. With a `failure` it
/// could not be loaded and the agent has none.
struct Resident {
    std::string model;
    double loaded = 0;
    std::string failure;
};

/// Sent every ten seconds; answered by Drop when something is no longer held.
struct AgentHeartbeat {
    std::vector<AttemptId> held;
};

// Control to agent

/// A task to work on; the frame's payload holds the pictures that came with its request, one file
/// after the other.
struct Assignment {
    AttemptId id;
    /// Checkpoint name, file and its SHA-256 (empty while unknown); all empty for work that needs
    /// no checkpoint.
    std::string model;
    std::string path;
    std::string sha256;
    /// FileIdentity::text() of the file that `sha256` was computed of.
    std::string identity;
    /// JSON text of the task: api/task_payload.h.
    std::string request;
    /// Lengths of the pictures that came with the request, in the order of its keys.
    std::vector<std::uint64_t> input_bytes = {};
    /// The frame's payload: these files one after the other.
    std::vector<std::byte> inputs = {};
    /// Kind of the task: domain/task.h.
    std::string kind = {};
    /// Of the request that submitted the task.
    std::optional<TraceContext> trace = {};
};

/// The files that a payload consists of. Throws ContractViolation when the lengths do not add up.
std::vector<std::span<const std::byte>> split_payload(
    std::span<const std::byte> payload, const std::vector<std::uint64_t>& lengths);

/// Load this checkpoint as soon as nothing is drawn, without waiting for a task.
struct Load {
    std::string model;
    std::string path;
    std::string sha256;
    /// As Assignment::identity.
    std::string identity;
};

/// A task waits for this checkpoint: bring its weights into memory while others are drawn.
struct Prefetch {
    std::string path;
    /// As Assignment::sha256.
    std::string sha256;
};

/// Compute with so many threads from the next moment on in which nothing is drawn; 0 is the number
/// that the agent was started with.
struct Threads {
    std::int64_t count = 0;
};

/// Finish the task early with the pictures as they are. Attempt 0 means whichever is held.
struct Interrupt {
    AttemptId id;
};

/// Tasks that the agent no longer holds or that were cancelled: drop them, report nothing.
struct Drop {
    std::vector<AttemptId> ids;
};

/// Finish what is held and claim no more.
struct Drain {};

using Message = std::variant<
    Hello,
    Claim,
    Progress,
    Done,
    Failed,
    EngineReport,
    Resident,
    AgentHeartbeat,
    Assignment,
    Load,
    Prefetch,
    Threads,
    Interrupt,
    Drop,
    Drain>;

inline constexpr std::size_t kFramePrefixBytes = 8;
inline constexpr std::size_t kMaxFrameHeaderBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxFramePayloadBytes = std::size_t{1} << 30;

struct FrameLengths {
    std::size_t header = 0;
    std::size_t payload = 0;
};

/// A whole frame.
std::vector<std::byte> encode(const Message& message);

/// Lengths from the first 8 bytes. Fails with corrupt_input when they are over the limits.
Result<FrameLengths> parse_prefix(std::span<const std::byte> prefix);

/// Reads a frame's header and payload. Fails with corrupt_input.
Result<Message> decode(std::string_view header, std::vector<std::byte> payload);

}  // namespace darkroom::cluster
