// SPDX-License-Identifier: Apache-2.0
#include "cluster/process/child_provider.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/format.h"
#include "base/random.h"
#include "telemetry/log.h"

extern char** environ;  // NOLINT: POSIX declares it so

namespace darkroom::cluster {
namespace {

namespace asio = boost::asio;

constexpr int kChildSocket = 3;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

class ChildConnection final : public AgentConnection {
  public:
    ChildConnection(const asio::any_io_executor& executor, std::string id, pid_t pid, int socket)
        : id_(std::move(id)), pid_(pid), socket_(executor) {
        socket_.assign(asio::local::stream_protocol(), socket);
    }

    ~ChildConnection() override {
        boost::system::error_code ignored;
        socket_.close(ignored);
        ::kill(pid_, SIGKILL);
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        if (WIFSIGNALED(status)) {
            log::info("agent ended", {{"agent", id_}, {"signal", WTERMSIG(status)}});
        } else {
            log::info("agent ended", {{"agent", id_}, {"exit_status", WEXITSTATUS(status)}});
        }
    }

    [[nodiscard]] const std::string& id() const override { return id_; }

    runtime::Task<Message> receive() override {
        std::array<std::byte, kFramePrefixBytes> prefix{};
        const asio::mutable_buffer prefix_buffer(prefix.data(), prefix.size());
        const auto read_prefix = co_await asio::async_read(socket_, prefix_buffer, kAwait);
        if (std::get<0>(read_prefix)) co_return gone();
        const Result<FrameLengths> lengths = parse_prefix(prefix);
        if (!lengths) co_return lengths.error();

        std::string header(lengths->header, '\0');
        const asio::mutable_buffer header_buffer(header.data(), header.size());
        const auto read_header = co_await asio::async_read(socket_, header_buffer, kAwait);
        if (std::get<0>(read_header)) co_return gone();

        std::vector<std::byte> payload(lengths->payload);
        const asio::mutable_buffer payload_buffer(payload.data(), payload.size());
        const auto read_payload = co_await asio::async_read(socket_, payload_buffer, kAwait);
        if (std::get<0>(read_payload)) co_return gone();
        co_return decode(header, std::move(payload));
    }

    runtime::Task<void> send(Message message) override {
        const std::vector<std::byte> frame = encode(message);
        const asio::const_buffer buffer(frame.data(), frame.size());
        const auto written = co_await asio::async_write(socket_, buffer, kAwait);
        if (std::get<0>(written)) co_return gone();
        co_return Result<void>();
    }

    [[nodiscard]] std::optional<std::uint64_t> resident_bytes() const override {
        // Total and resident pages; proc(5).
        std::ifstream file(format("/proc/{}/statm", pid_));
        std::uint64_t total = 0;
        std::uint64_t resident = 0;
        if (!(file >> total >> resident)) return std::nullopt;
        return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }

    void kill() override { ::kill(pid_, SIGKILL); }

  private:
    static Error gone() { return Error{ErrorCode::unavailable, "the agent is gone"}; }

    std::string id_;
    pid_t pid_;
    asio::local::stream_protocol::socket socket_;
};

/// Spawns the program with `socket` as descriptor 3. Returns the child's pid.
Result<pid_t> spawn(const ChildOptions& options, int socket) {
    std::vector<std::string> words{options.program};
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    words.insert(words.end(), {"--socket-fd", std::to_string(kChildSocket)});
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, socket, kChildSocket);
    // Signals blocked or caught here, such as SIGTERM for draining, are the child's to decide.
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    // Its own process group: a terminal's Ctrl-C reaches the server alone, which then drains.
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);

    pid_t pid = 0;
    const int failed =
        ::posix_spawn(&pid, options.program.c_str(), &actions, &attributes, argv.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        return Error{
            ErrorCode::unavailable,
            format("cannot start an agent with {}: {}", options.program, std::strerror(failed))};
    }
    return pid;
}

}  // namespace

ChildProvider::ChildProvider(boost::asio::any_io_executor executor, ChildOptions options)
    : executor_(std::move(executor)), options_(std::move(options)) {}

Result<std::unique_ptr<AgentConnection>> ChildProvider::start() {
    std::array<int, 2> sockets{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
        return Error{
            ErrorCode::resource_exhausted,
            format("cannot make a socket for an agent: {}", std::strerror(errno))};
    }
    const Result<pid_t> pid = spawn(options_, sockets[1]);
    ::close(sockets[1]);
    if (!pid) {
        ::close(sockets[0]);
        return pid.error();
    }
    const std::string id = format("agent-{}-{}", next_++, random_id().substr(0, 8));
    return std::unique_ptr<AgentConnection>(
        std::make_unique<ChildConnection>(executor_, id, *pid, sockets[0]));
}

}  // namespace darkroom::cluster
