// SPDX-License-Identifier: Apache-2.0
#include "integration/server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "base/file.h"

namespace darkroom::integration {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLog = std::size_t{16} << 20;
constexpr const char* kUrl = "url=http";

std::string listening_url(const std::string& log) {
    const std::size_t begin = log.find(kUrl);
    if (begin == std::string::npos) return {};
    const std::size_t end = log.find_first_of(" \n", begin);
    if (end == std::string::npos) return {};
    const std::size_t value = begin + std::string_view("url=").size();
    return log.substr(value, end - value);
}

}  // namespace

Server::Server(const fs::path& data, const fs::path& models, const std::vector<std::string>& flags)
    : Server(data, models, ServerOptions{.flags = flags}) {}

Server::Server(const fs::path& data, const fs::path& models, const ServerOptions& options) {
    std::vector<std::string> words = {
        options.program.string(),
        "serve",
        "--port",
        "0",
        "--data",
        data.string(),
        "--models",
        models.string()};
    words.insert(words.end(), options.flags.begin(), options.flags.end());
    pid_ = start_program(words, {folder_ / "output", folder_ / "log"});
    const bool ready = eventually([&] {
        if (!is_alive(pid_)) return true;
        if (url_.empty()) url_ = listening_url(log());
        if (url_.empty()) return false;
        const Answer answer = get("/readyz");
        return answer && answer->status == 200;
    });
    if (ready && is_alive(pid_)) return;
    const std::string text = log();
    signal(SIGKILL);
    wait();
    throw std::runtime_error("the server does not start: " + text);
}

Server::~Server() {
    if (pid_ == 0) return;
    signal(SIGKILL);
    wait();
}

std::string Server::port() const {
    return url_.substr(url_.rfind(':') + 1);
}

std::string Server::log() const {
    return read_file(folder_ / "log", kMaxLog).value_or("");
}

std::string Server::output() const {
    return read_file(folder_ / "output", kMaxLog).value_or("");
}

Answer Server::send(http::ClientRequest request) const {
    request.url = url_ + request.url;
    return http::fetch_blocking(std::move(request), kPatience);
}

Answer Server::get(const std::string& path) const {
    return send({.method = "GET", .url = path});
}

Answer Server::post(const std::string& path, std::string body) const {
    return send({.method = "POST", .url = path, .body = std::move(body)});
}

std::future<Answer> Server::post_in_background(const std::string& path, std::string body) const {
    return std::async(std::launch::async, [this, path, text = std::move(body)]() mutable {
        return post(path, std::move(text));
    });
}

std::string Server::exchange(std::string_view bytes) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{kPatience.count(), 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port())));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string answer;
    // NOLINTNEXTLINE: the socket interface asks for this cast
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
        ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
        std::array<char, 4096> buffer{};
        ssize_t count = 0;
        while ((count = ::recv(socket, buffer.data(), buffer.size(), 0)) > 0)
            answer.append(buffer.data(), static_cast<std::size_t>(count));
    }
    ::close(socket);
    return answer;
}

double Server::metric(const std::string& name) const {
    const Answer answer = get("/metrics");
    if (!answer) return 0;
    const std::string text = "\n" + answer->body;
    const std::size_t line = text.find("\n" + name + " ");
    if (line == std::string::npos) return 0;
    return std::strtod(text.c_str() + line + name.size() + 2, nullptr);
}

bool Server::is_sampling() const {
    const Answer answer = get("/sdapi/v1/progress");
    if (!answer || answer->status != 200) return false;
    const auto body = json::parse(answer->body);
    return body && (*body)["state"]["sampling_step"].as_integer() > 0;
}

std::vector<pid_t> Server::agents() const {
    std::vector<pid_t> found;
    std::error_code ignored;
    for (const auto& thread :
         fs::directory_iterator("/proc/" + std::to_string(pid_) + "/task", ignored)) {
        std::ifstream children(thread.path() / "children");
        pid_t child = 0;
        while (children >> child) {
            if (is_alive(child)) found.push_back(child);
        }
    }
    return found;
}

pid_t Server::agent() const {
    const std::vector<pid_t> found = agents();
    return found.empty() ? 0 : found.front();
}

pid_t Server::next_agent(pid_t old) const {
    pid_t found = 0;
    const bool started = eventually([&] {
        found = agent();
        return found != 0 && found != old;
    });
    if (!started) throw std::runtime_error("no new agent: " + log());
    return found;
}

void Server::signal(int number) const {
    ::kill(pid_, number);
}

int Server::wait() {
    const int status = wait_for_end(pid_);
    pid_ = 0;
    return status;
}

std::string key_in(const std::string& text) {
    constexpr std::size_t kKeyLength = 85;
    const std::size_t begin = text.find("drk_");
    return begin == std::string::npos ? "" : text.substr(begin, kKeyLength);
}

bool is_alive(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    if (!std::getline(file, stat)) return false;
    const std::size_t name_end = stat.rfind(')');
    return name_end + 2 < stat.size() && stat[name_end + 2] != 'Z' && stat[name_end + 2] != 'X';
}

}  // namespace darkroom::integration
