// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <future>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"
#include "integration/program.h"
#include "json/json.h"

namespace darkroom::integration {

using Answer = Result<http::ClientResponse>;

struct ServerOptions {
    /// Further ones of `darkroom serve`.
    std::vector<std::string> flags = {};
    std::filesystem::path program = DARKROOM_PROGRAM;
};

/// `darkroom serve` on a free port; ends with the object. Failures throw std::runtime_error with
/// the server's log.
class Server {
  public:
    /// Returns once /readyz says so. The folder keeps the tasks: a second server may continue.
    /// `flags` are further ones of `darkroom serve`.
    explicit Server(
        const std::filesystem::path& data,
        const std::filesystem::path& models = models_folder(),
        const std::vector<std::string>& flags = {});
    Server(
        const std::filesystem::path& data,
        const std::filesystem::path& models,
        const ServerOptions& options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] const std::string& url() const { return url_; }
    /// Of the URL.
    [[nodiscard]] std::string port() const;
    [[nodiscard]] std::string log() const;
    /// What it printed to stdout.
    [[nodiscard]] std::string output() const;

    [[nodiscard]] Answer send(http::ClientRequest request) const;
    [[nodiscard]] Answer get(const std::string& path) const;
    [[nodiscard]] Answer post(const std::string& path, std::string body) const;
    [[nodiscard]] std::future<Answer> post_in_background(
        const std::string& path, std::string body) const;
    /// Sends bytes that are no proper request and returns what comes back before the close.
    [[nodiscard]] std::string exchange(std::string_view bytes) const;

    /// A sample of /metrics, such as `darkroom_tasks{state="dead"}`; 0 when it is not there.
    [[nodiscard]] double metric(const std::string& name) const;
    /// True once a picture has taken its first steps.
    [[nodiscard]] bool is_sampling() const;

    /// Every agent process.
    [[nodiscard]] std::vector<pid_t> agents() const;
    /// The first of them, or 0 while there is none.
    [[nodiscard]] pid_t agent() const;
    /// Waits for an agent other than `old`.
    [[nodiscard]] pid_t next_agent(pid_t old) const;

    void signal(int number) const;
    /// As wait_for_end.
    int wait();

  private:
    TemporaryFolder folder_;
    std::string url_;
    pid_t pid_ = 0;
};

/// The first API key in a text; "" when there is none.
std::string key_in(const std::string& text);

/// True while the process runs: not for one that has ended and waits to be reaped.
bool is_alive(pid_t pid);

}  // namespace darkroom::integration
